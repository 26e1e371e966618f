"""Use cases: start exports and imports as jobs, get their progress, and read their files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BufferedReader, BytesIO
from typing import TypeVar
from uuid import UUID

from orders_domain.errors import IdempotencyKeyReused, InvalidValue, JobNotFound, UnreadableFile
from orders_domain.model.access import ADMIN_ONLY, ADMIN_OR_READER, AccessPolicy
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.jobs import ExportJob, FileFormat, FileJob, FilePart, ImportJob
from orders_domain.model.jobs.files import MAX_UNFINISHED, DuplicateFileJob
from orders_domain.model.order_filter import OrderFilter
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.jobs import JobRepository
from orders_domain.use_cases.background.run_file_job import ReadProductsFn

Kind = TypeVar("Kind", bound=FileJob)

EXPORTS = ADMIN_OR_READER
IMPORTS = ADMIN_ONLY


@dataclass(frozen=True, slots=True, kw_only=True)
class StartExport:
    """The orders to export, one row per order or item (``view``), as CSV or JSON Lines."""

    actor: Actor
    order_filter: OrderFilter
    view: str
    file_format: FileFormat
    idempotency_key: IdempotencyKey
    with_bom: bool = False  # of CSV only


@dataclass(frozen=True, slots=True, kw_only=True)
class StartImport:
    """A file of products."""

    actor: Actor
    content: bytes
    file_format: FileFormat
    idempotency_key: IdempotencyKey
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GetFileJob:
    """A job of the actor."""

    actor: Actor
    job_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFile:
    """The complete file of a job; ``read`` returns at most 256 KiB from an offset on, and nothing after its end."""

    job: FileJob
    read: Callable[[int], bytes]


def start_export(request: StartExport, *, jobs: JobRepository, clock: Clock, new_id: NewId) -> ExportJob:
    """Return the job that will write the file (clause 002-34).

    Raises:
        AccessDenied: the actor is neither an administrator nor has the scope orders:read.
        InvalidValue: the period is empty, or a byte order mark is asked for in JSON Lines.
        DuplicateFileJob: the same request was accepted before with the same key.
        IdempotencyKeyReused: another request was accepted with the same key.
        TooManyFileJobs: the actor has 5 unfinished exports and imports.
        StoreUnavailable: the store is unavailable; the job may be stored.
    """
    EXPORTS.authorize(request.actor)
    selected = request.order_filter
    if selected.placed_from and selected.placed_before and selected.placed_from >= selected.placed_before:
        raise InvalidValue("The period must end after its beginning.")
    if request.with_bom and request.file_format is not FileFormat.CSV:
        raise InvalidValue("A byte order mark must be used with CSV only; JSON has none.")
    now = clock()
    job = ExportJob(
        id=new_id(),
        actor=request.actor,
        created_at=now,
        leased_until=now,
        file_format=request.file_format,
        client_key=request.idempotency_key,
        order_filter=selected,
        view=request.view,
        with_bom=request.with_bom,
    )
    return _added(job, jobs)


def start_import(
    request: StartImport, *, jobs: JobRepository, read_products: ReadProductsFn, clock: Clock, new_id: NewId
) -> ImportJob:
    """Return the job that will import the products (clause 002-34).

    Raises:
        AccessDenied: the actor is not an administrator.
        UnreadableFile: the file is empty, or its header or encoding is not valid.
        DuplicateFileJob: the same request was accepted before with the same key.
        IdempotencyKeyReused: another request was accepted with the same key.
        TooManyFileJobs: the actor has 5 unfinished exports and imports.
        StoreUnavailable: the store is unavailable; the job may be stored.
    """
    IMPORTS.authorize(request.actor)
    content = request.content
    if not content.strip():
        raise UnreadableFile("The file must not be empty.")
    if next(read_products(BufferedReader(BytesIO(content)), request.file_format, 1), None) is None:
        raise UnreadableFile("The file must have at least one product.")
    now = clock()
    job = ImportJob(
        id=new_id(),
        actor=request.actor,
        created_at=now,
        leased_until=now,
        file_format=request.file_format,
        client_key=request.idempotency_key,
        sent_size=len(content),
        sent_lines=content.count(b"\n") + (not content.endswith(b"\n")),
        dry_run=request.dry_run,
    )
    return _added(job, jobs, content)


def get_export(request: GetFileJob, *, jobs: JobRepository, clock: Clock) -> ExportJob:
    """Return the export with the progress last stored; nobody else sees it, not even an administrator.

    Raises:
        AccessDenied: the actor is neither an administrator nor has the scope orders:read.
        JobNotFound: the job does not exist, has expired, is no export, or belongs to another user.
        StoreUnavailable: the store is unavailable.
    """
    return _get(request, ExportJob, EXPORTS, jobs, clock)


def get_import(request: GetFileJob, *, jobs: JobRepository, clock: Clock) -> ImportJob:
    """Return the import with the progress last stored; nobody else sees it, not even another administrator.

    Raises:
        AccessDenied: the actor is not an administrator.
        JobNotFound: the job does not exist, has expired, is no import, or belongs to another user.
        StoreUnavailable: the store is unavailable.
    """
    return _get(request, ImportJob, IMPORTS, jobs, clock)


def read_export(request: GetFileJob, *, jobs: JobRepository, clock: Clock) -> WrittenFile:
    """Return the file of a finished export.

    Raises:
        AccessDenied, JobNotFound: see ``get_export``.
        FileNotReady: the export has not ended, or has failed.
        StoreUnavailable: the store is unavailable; also by ``read``.
    """
    return _file(get_export(request, jobs=jobs, clock=clock), jobs)


def read_refused_lines(request: GetFileJob, *, jobs: JobRepository, clock: Clock) -> WrittenFile:
    """Return the file of the lines that a finished import refused: number, reason and text of each.

    Raises:
        AccessDenied, JobNotFound: see ``get_import``.
        FileNotReady: the import has not ended, or has failed.
        StoreUnavailable: the store is unavailable; also by ``read``.
    """
    return _file(get_import(request, jobs=jobs, clock=clock), jobs)


def _added(job: Kind, jobs: JobRepository, content: bytes = b"") -> Kind:
    added = jobs.add_once(job, content=content, max_unfinished=MAX_UNFINISHED)
    if added.client_key != job.client_key:
        raise IdempotencyKeyReused
    if added.id != job.id:
        raise DuplicateFileJob(added)
    return job


def _get(request: GetFileJob, kind: type[Kind], access: AccessPolicy, jobs: JobRepository, clock: Clock) -> Kind:
    access.authorize(request.actor)
    job = jobs.get(request.job_id)
    if not isinstance(job, kind) or job.actor.subject != request.actor.subject or job.is_expired(clock()):
        raise JobNotFound(request.job_id)
    return job


def _file(job: FileJob, jobs: JobRepository) -> WrittenFile:
    job.require_file()
    return WrittenFile(job=job, read=lambda offset: jobs.read(job.id, FilePart.WRITTEN, offset=offset))
