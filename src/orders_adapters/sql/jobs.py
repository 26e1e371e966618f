"""Job repository. A worker renews the lease of its job; the lease of a dead worker expires."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.mapping import jobs as mapping
from orders_adapters.sql.tables.column_types import UtcDateTime
from orders_adapters.sql.tables.jobs import JobKind
from orders_adapters.sql.tables.metadata import literals
from orders_domain.errors import JobLeaseLost, JobNotFound
from orders_domain.model.jobs import (
    BulkStatusJob,
    ExportJob,
    FileJob,
    FilePart,
    ImportJob,
    Job,
    JobStatus,
    PlacementJob,
    TooManyFileJobs,
)
from orders_domain.model.jobs.files import CHUNK_BYTES
from orders_domain.ports.jobs import JobProgress, JobRepository, KeyedJob

_jobs, _chunks = tables.jobs.c, tables.job_chunks.c

_BY_ID = select(tables.jobs).where(_jobs.id == bindparam("job_id"))
_IS_DUE = (
    _jobs.status.in_(tables.UNFINISHED),
    _jobs.leased_until <= bindparam("now", type_=UtcDateTime),
    _jobs.kind.in_(literals(*JobKind)),  # a later release may have added others, which it runs itself
)
_DUE = select(_jobs.id).where(*_IS_DUE).order_by(_jobs.leased_until, _jobs.id).limit(bindparam("limit"))
# The row lock serializes concurrent claims, so that later ones see the lease of the first.
_ACQUIRE = (
    update(tables.jobs)
    .where(_jobs.id == bindparam("job_id"), *_IS_DUE)
    .values(status=JobStatus.RUNNING, leased_until=bindparam("until"), attempts=_jobs.attempts + 1)
    .returning(tables.jobs)
)
# The expiry identifies a lease, because a job is not acquired again before its lease expires.
_SAVE_PROGRESS = (
    update(tables.jobs)
    .where(_jobs.id == bindparam("job_id"), _jobs.leased_until == bindparam("held_lease", type_=UtcDateTime))
    .values({name: bindparam(name) for name in (*mapping.PROGRESS, "leased_until")})
)
# No row is returned if the key is stored.
_ADD_ONCE: Mapping[str, Any] = {
    "postgresql": postgresql.insert(tables.jobs).on_conflict_do_nothing().returning(_jobs.id),
    "sqlite": sqlite.insert(tables.jobs).on_conflict_do_nothing().returning(_jobs.id),
}
_BY_KEY = select(tables.jobs).where(
    _jobs.actor == bindparam("actor"),
    _jobs.key_scope == bindparam("key_scope"),
    _jobs.client_key == bindparam("client_key"),
)
_KINDS: Mapping[type[Job], JobKind] = {
    BulkStatusJob: JobKind.BULK_STATUS,
    PlacementJob: JobKind.PLACEMENT,
    ExportJob: JobKind.EXPORT,
    ImportJob: JobKind.IMPORT,
}
_UNFINISHED_FILE_JOBS = (
    select(func.count())
    .select_from(tables.jobs)
    .where(
        _jobs.actor == bindparam("actor"),
        _jobs.kind.in_((JobKind.EXPORT, JobKind.IMPORT)),
        _jobs.status.in_(tables.UNFINISHED),
    )
)
_READ = (
    select(_chunks.start, _chunks.content)
    .where(_chunks.job_id == bindparam("job_id"), _chunks.part == bindparam("part"), _chunks.start <= bindparam("at"))
    .order_by(_chunks.start.desc())
    .limit(1)
)
_DELETE_FINISHED = delete(tables.jobs).where(
    _jobs.kind == bindparam("kind"),
    _jobs.status.not_in(tables.UNFINISHED),
    _jobs.created_at < bindparam("before", type_=UtcDateTime),
)


def _no_op() -> None:
    """Notify no worker."""


class SqlJobProgress(JobProgress):
    """Progress within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save_progress(self, job: Job, *, until: datetime, written: bytes = b"") -> None:
        values = mapping.progress_values(job) | {
            "job_id": job.id,
            "held_lease": job.leased_until,
            "leased_until": until,
        }
        with translate_errors():
            if self._connection.execute(_SAVE_PROGRESS, values).rowcount != 1:
                raise JobLeaseLost(job.id)
            if written and isinstance(job, FileJob):
                _add_chunks(self._connection, job, FilePart.WRITTEN, written, end=job.size)
        job.leased_until = until


class SqlJobRepository(JobRepository):
    """``on_add`` is called after each new job to wake the worker of this process. It must not block or raise."""

    def __init__(self, engine: Engine, *, on_add: Callable[[], None] = _no_op) -> None:
        self._engine = engine
        self._autocommit = engines.autocommit(engine)
        self._on_add = on_add

    def add(self, job: Job) -> None:
        with translate_errors(), self._engine.begin() as connection:
            connection.execute(insert(tables.jobs).inline(), mapping.values(job))
        self._on_add()

    def add_once(self, job: KeyedJob, *, content: bytes = b"", max_unfinished: int | None = None) -> KeyedJob:
        statement, values = _ADD_ONCE[self._engine.dialect.name], mapping.values(job)
        with translate_errors(), self._engine.begin() as connection:
            while connection.execute(statement, values).one_or_none() is None:
                if row := connection.execute(_BY_KEY, values).one_or_none():  # else it was deleted meanwhile
                    return cast(KeyedJob, mapping.to_job(row))
            unfinished = connection.execute(_UNFINISHED_FILE_JOBS, values).scalar_one()
            if max_unfinished is not None and unfinished > max_unfinished:
                raise TooManyFileJobs
            _add_chunks(connection, job, FilePart.SENT, content, end=len(content))
        self._on_add()
        return job

    def read(self, job_id: UUID, part: FilePart, *, offset: int) -> bytes:
        with translate_errors(), self._autocommit.connect() as connection:
            row = connection.execute(_READ, {"job_id": job_id, "part": part, "at": offset}).one_or_none()
        return bytes(row.content[offset - row.start :]) if row else b""

    def get(self, job_id: UUID) -> Job:
        with translate_errors(), self._autocommit.connect() as connection:
            row = connection.execute(_BY_ID, {"job_id": job_id}).one_or_none()
        if row is None:
            raise JobNotFound(job_id)
        return mapping.to_job(row)

    def list_due(self, now: datetime, *, limit: int = 10) -> Sequence[UUID]:
        with translate_errors(), self._autocommit.connect() as connection:
            return connection.scalars(_DUE, {"now": now, "limit": limit}).all()

    def acquire(self, job_id: UUID, *, now: datetime, until: datetime) -> Job | None:
        with translate_errors(), self._engine.begin() as connection:
            row = connection.execute(_ACQUIRE, {"job_id": job_id, "now": now, "until": until}).one_or_none()
        return None if row is None else mapping.to_job(row)

    def save_progress(self, job: Job, *, until: datetime, written: bytes = b"") -> None:
        held = job.leased_until
        try:
            with translate_errors(), self._engine.begin() as connection:
                SqlJobProgress(connection).save_progress(job, until=until, written=written)
        except BaseException:
            job.leased_until = held  # which the commit did not change
            raise

    def delete_finished(self, kind: type[Job], *, created_before: datetime) -> int:
        with translate_errors(), self._engine.begin() as connection:
            return connection.execute(_DELETE_FINISHED, {"kind": _KINDS[kind], "before": created_before}).rowcount


def _add_chunks(connection: Connection, job: Job, part: FilePart, content: bytes, *, end: int) -> None:
    """Store the bytes of a file that end at this offset."""
    first = end - len(content)
    rows = [
        {"job_id": job.id, "part": part, "start": first + at, "content": content[at : at + CHUNK_BYTES]}
        for at in range(0, len(content), CHUNK_BYTES)
    ]
    if rows:
        connection.execute(insert(tables.job_chunks).inline(), rows)
