"""File jobs: an export that writes a file, and an import that reads one and writes its refused lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import ClassVar

from orders_domain.errors import Kind, OrdersError
from orders_domain.model import idempotency
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.jobs.job import Job, JobStatus
from orders_domain.model.order_filter import Cursor, OrderFilter

RETENTION = idempotency.RETENTION
"""How long a file job and its files are stored. One that no worker finished by then fails."""
MAX_UNFINISHED = 5
"""The unfinished file jobs that an actor may have; further ones are refused."""
CHUNK_BYTES = 256 * 1024
"""The most bytes of a file that are stored, and read, at once."""
MAX_REFUSED_LINES = 10_000
"""The refused lines that the file of an import has; further ones are counted only."""


class FileFormat(Enum):
    CSV = "csv"
    JSON_LINES = "jsonl"


class FilePart(Enum):
    """The files of a job."""

    SENT = "sent"  # by the client
    WRITTEN = "written"  # by the worker


class TooManyFileJobs(OrdersError):
    """The actor has as many unfinished file jobs as allowed."""

    kind = Kind.RATE_LIMITED
    code = "too_many_jobs"
    retry_after = 10

    def __init__(self) -> None:
        super().__init__(f"At most {MAX_UNFINISHED} exports and imports may be unfinished; wait until one has ended.")


class DuplicateFileJob(OrdersError):
    """The same request was accepted before with the same key; ``job`` is that of the first request."""

    kind = Kind.CONFLICT
    code = "duplicate_file_job"

    def __init__(self, job: FileJob) -> None:
        super().__init__(f"This request was already accepted: job {job.id}.")
        self.job = job


class FileNotReady(OrdersError):
    """The job has no complete file."""

    kind = Kind.CONFLICT
    code = "file_not_ready"


@dataclass(slots=True, kw_only=True)
class FileJob(Job):
    """A job whose file can be read when it is done. It is run in steps, each stored with the bytes that it wrote."""

    file_format: FileFormat
    client_key: IdempotencyKey
    size: int = 0  # bytes of the written file
    failure: str | None = None  # a sentence

    @property
    def expires_at(self) -> datetime:
        return self.created_at + RETENTION

    def is_expired(self, at: datetime) -> bool:
        return at >= self.expires_at

    def mark_failed(self, sentence: str = "No attempt made any progress.") -> None:
        self.status = JobStatus.FAILED
        self.failure = sentence

    def require_file(self) -> None:
        """Check that the file is complete.

        Raises:
            FileNotReady: the job has not ended, or has failed.
        """
        if self.status is JobStatus.FAILED:
            raise FileNotReady(f"The job failed and has no file: {self.failure}")
        if self.status is not JobStatus.DONE:
            raise FileNotReady(f"The job is {self.status.value}; its file can be read when it is done.")


@dataclass(slots=True, kw_only=True)
class ExportJob(FileJob):
    """Writes the orders of a filter. The first ``processed`` orders are written; the others follow the cursor."""

    order_filter: OrderFilter
    view: str
    with_bom: bool = False
    rows: int = 0
    cursor: Cursor | None = None

    def after(self, *, orders: int, rows: int, size: int, cursor: Cursor | None) -> ExportJob:
        """Return the job after a page has been written."""
        return replace(
            self,
            processed=self.processed + orders,
            rows=self.rows + rows,
            size=self.size + size,
            cursor=cursor,
            attempts=0,
            status=JobStatus.DONE if cursor is None else JobStatus.RUNNING,
        )


@dataclass(slots=True, kw_only=True)
class ImportJob(FileJob):
    """Upserts the products of a file that was sent. The first ``processed`` lines with a product are imported."""

    OUTCOMES: ClassVar[tuple[str, ...]] = ("added", "changed", "unchanged", "refused")

    sent_size: int  # bytes
    sent_lines: int  # about, because blank lines and the header count
    dry_run: bool = False
    next_line: int = 1
    counts: Mapping[str, int] = field(default_factory=dict)  # lines by outcome

    def after(self, counts: Mapping[str, int], *, last_line: int, size: int) -> ImportJob:
        """Return the job after a batch of lines has been imported."""
        total = {name: self.counts.get(name, 0) + counts.get(name, 0) for name in self.OUTCOMES}
        return replace(
            self,
            processed=self.processed + sum(counts.values()),
            counts=total,
            next_line=last_line + 1,
            size=self.size + size,
            attempts=0,
            status=JobStatus.RUNNING,
        )
