"""In-memory job repository."""

from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime
from uuid import UUID

from orders_adapters.memory.store import InMemoryStore
from orders_domain.errors import JobLeaseLost, JobNotFound
from orders_domain.model.jobs import Job, JobStatus, PlacementJob
from orders_domain.ports.jobs import JobRepository

_UNFINISHED = (JobStatus.QUEUED, JobStatus.RUNNING)


class InMemoryJobRepository(JobRepository):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def add(self, job: Job) -> None:
        with self._store.read_lock:
            self._store.jobs[job.id] = deepcopy(job)
        self._store.on_job()

    def add_once(self, job: PlacementJob) -> PlacementJob:
        with self._store.read_lock:
            if earlier := self._with_key_of(job):
                return deepcopy(earlier)
            self._store.jobs[job.id] = deepcopy(job)
        self._store.on_job()
        return job

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

    def save_progress(self, job: Job, *, until: datetime) -> None:
        with self._store.read_lock:
            stored = self._store.jobs.get(job.id)
            if stored is None or stored.leased_until != job.leased_until:
                raise JobLeaseLost(job.id)
            job.leased_until = until
            self._store.jobs[job.id] = deepcopy(job)

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
        return len(old)

    def _with_key_of(self, job: PlacementJob) -> PlacementJob | None:
        stored = (other for other in self._store.jobs.values() if isinstance(other, PlacementJob))
        return next((other for other in stored if _key(other) and _key(other) == _key(job)), None)


def _key(job: PlacementJob) -> tuple[str, str, str] | None:
    key = job.client_key
    return (key.subject, key.scope, key.key) if key else None


def _is_due(job: Job, now: datetime) -> bool:
    return job.status in _UNFINISHED and job.leased_until <= now
