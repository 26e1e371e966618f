"""In-memory job repository."""

from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime
from typing import cast
from uuid import UUID

from orders_adapters.memory.store import InMemoryStore
from orders_domain.errors import JobLeaseLost, JobNotFound
from orders_domain.model.jobs import FileJob, FilePart, Job, JobStatus, PlacementJob, TooManyFileJobs
from orders_domain.model.jobs.files import CHUNK_BYTES
from orders_domain.ports.jobs import JobProgress, JobRepository, KeyedJob

_UNFINISHED = (JobStatus.QUEUED, JobStatus.RUNNING)


class InMemoryJobProgress(JobProgress):
    """Progress that is stored with the commit of a unit of work."""

    def __init__(self, store: InMemoryStore) -> None:
        self._store = store
        self._staged: list[tuple[Job, datetime, bytes]] = []  # with the lease that is held

    def save_progress(self, job: Job, *, until: datetime, written: bytes = b"") -> None:
        with self._store.read_lock:
            _require_lease(self._store, job.id, job.leased_until)
        held, job.leased_until = job.leased_until, until
        self._staged.append((deepcopy(job), held, written))

    def merge(self) -> None:
        """Copy the progress to the store. The caller must hold ``store.read_lock``."""
        for job, held, written in self._staged:
            _require_lease(self._store, job.id, held)
            _save(self._store, job, written)


class InMemoryJobRepository(JobRepository):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def add(self, job: Job) -> None:
        with self._store.read_lock:
            self._store.jobs[job.id] = deepcopy(job)
        self._store.on_job()

    def add_once(self, job: KeyedJob, *, content: bytes = b"", max_unfinished: int | None = None) -> KeyedJob:
        with self._store.read_lock:
            if earlier := self._with_key_of(job):
                return cast(KeyedJob, deepcopy(earlier))
            if max_unfinished is not None and self._unfinished(job.actor.subject) >= max_unfinished:
                raise TooManyFileJobs
            self._store.jobs[job.id] = deepcopy(job)
            self._store.job_files[job.id, FilePart.SENT] = content
        self._store.on_job()
        return job

    def read(self, job_id: UUID, part: FilePart, *, offset: int) -> bytes:
        with self._store.read_lock:
            return self._store.job_files.get((job_id, part), b"")[offset : offset + CHUNK_BYTES]

    def get(self, job_id: UUID) -> Job:
        with self._store.read_lock:
            if job_id not in self._store.jobs:
                raise JobNotFound(job_id)
            return deepcopy(self._store.jobs[job_id])

    def list_due(self, now: datetime, *, limit: int = 10) -> Sequence[UUID]:
        with self._store.read_lock:
            due = [job for job in self._store.jobs.values() if _is_due(job, now)]
        return [job.id for job in sorted(due, key=lambda job: (job.leased_until, job.id))[:limit]]

    def acquire(self, job_id: UUID, *, now: datetime, until: datetime) -> Job | None:
        with self._store.read_lock:
            job = self._store.jobs.get(job_id)
            if job is None or not _is_due(job, now):
                return None
            job.status = JobStatus.RUNNING
            job.leased_until = until
            job.attempts += 1
            return deepcopy(job)

    def save_progress(self, job: Job, *, until: datetime, written: bytes = b"") -> None:
        with self._store.read_lock:
            _require_lease(self._store, job.id, job.leased_until)
            job.leased_until = until
            _save(self._store, deepcopy(job), written)

    def delete_finished(self, kind: type[Job], *, created_before: datetime) -> int:
        with self._store.read_lock:
            jobs = self._store.jobs
            old = [
                job.id
                for job in jobs.values()
                if isinstance(job, kind) and job.status not in _UNFINISHED and job.created_at < created_before
            ]
            for job_id in old:
                del jobs[job_id]
                for part in FilePart:
                    self._store.job_files.pop((job_id, part), None)
        return len(old)

    def _with_key_of(self, job: PlacementJob | FileJob) -> PlacementJob | FileJob | None:
        stored = (other for other in self._store.jobs.values() if isinstance(other, PlacementJob | FileJob))
        return next((other for other in stored if _key(other) and _key(other) == _key(job)), None)

    def _unfinished(self, subject: str) -> int:
        jobs = (job for job in self._store.jobs.values() if isinstance(job, FileJob))
        return sum(job.actor.subject == subject and job.status in _UNFINISHED for job in jobs)


def _require_lease(store: InMemoryStore, job_id: UUID, held: datetime) -> None:
    stored = store.jobs.get(job_id)
    if stored is None or stored.leased_until != held:
        raise JobLeaseLost(job_id)


def _save(store: InMemoryStore, job: Job, written: bytes) -> None:
    store.jobs[job.id] = job
    if written:
        store.job_files[job.id, FilePart.WRITTEN] = store.job_files.get((job.id, FilePart.WRITTEN), b"") + written


def _key(job: PlacementJob | FileJob) -> tuple[str, str, str] | None:
    key = job.client_key
    return (key.subject, key.scope, key.key) if key else None


def _is_due(job: Job, now: datetime) -> bool:
    return job.status in _UNFINISHED and job.leased_until <= now
