"""Use case: run an export or an import step by step; each step is stored with the bytes that it wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from io import BufferedReader, RawIOBase
from typing import Any, Generic, TypeAlias, TypeVar

from orders_domain.errors import JobLeaseLost, Unavailable, UnreadableFile
from orders_domain.model.jobs import ExportJob, FileFormat, FileJob, FilePart, ImportJob, JobStatus
from orders_domain.model.jobs.files import CHUNK_BYTES, MAX_REFUSED_LINES
from orders_domain.ports.clock import Clock
from orders_domain.ports.jobs import JobProgress, JobRepository
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.catalog.import_products import (
    ImportProducts,
    ImportResult,
    ImportRow,
    UpsertFn,
    import_batches,
)
from orders_domain.use_cases.orders.export_orders import ExportOrders, ExportPage

Kind = TypeVar("Kind", bound=FileJob)

LEASE = timedelta(seconds=10)  # time without a progress update after which another worker acquires the job
RETRY_DELAY = timedelta(seconds=5)  # before the next attempt after the store was unavailable

ExportOrdersFn: TypeAlias = Callable[[ExportOrders], Iterator[ExportPage]]
"""The use case ``export_orders`` with its ports bound."""

ReadProductsFn: TypeAlias = Callable[[BufferedReader, FileFormat, int], Iterator[ImportRow]]
"""Read the products of a file from a line on, numbered from 1.

Raises:
    UnreadableFile: the header or the encoding is not valid.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRenderers:
    """The bytes of each part of a file."""

    header: Callable[[ExportJob], bytes]
    needs_items: Callable[[ExportJob], bool]  # whether the rows are of orders, and not of their summaries
    rows: Callable[[ExportJob, ExportPage], tuple[int, bytes]]  # the number of rows, and their bytes
    refused_header: Callable[[FileFormat], bytes]
    refused_lines: Callable[[FileFormat, Sequence[ImportResult]], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFileJob:
    """An acquired job, and the seconds after which it is interrupted; None runs it to its end."""

    job: FileJob
    seconds: float | None = None


def run_file_job(
    request: RunFileJob,
    *,
    jobs: JobRepository,
    export_orders: ExportOrdersFn,
    upsert_products: UpsertFn,
    read_products: ReadProductsFn,
    renderers: FileRenderers,
    max_bytes: int,
    clock: Clock,
) -> FileJob:
    """Run the job and return it: done, failed, or interrupted after a step and due again.

    Only one step is in memory: a page of orders, or a batch of products. The bytes of a page are stored together with
    its cursor, and the results of a batch together with its products. So a job whose worker was killed goes on behind
    the last step; no row is written twice, no product is added twice, and no stock is set twice. A file of more than
    ``max_bytes`` fails the job.

    Raises:
        JobLeaseLost: another worker has acquired the job; the step was not stored.
        Unavailable: the store is unavailable or too slow; the next run resumes the job.
    """
    steps: _Steps[Any] = _Steps(request.job, jobs=jobs, clock=clock, seconds=request.seconds)
    try:
        if steps.job.is_expired(clock()):
            steps.fail("No worker finished the job in time.")
        elif isinstance(steps.job, ExportJob):
            _export(steps, export_orders, renderers, max_bytes)
        else:
            _import(steps, upsert_products, read_products, renderers)
    except UnreadableFile as error:
        steps.fail(str(error))
    except Unavailable:
        with suppress(JobLeaseLost, Unavailable):
            jobs.save_progress(steps.job, until=clock() + RETRY_DELAY)
        raise
    job: FileJob = steps.job
    return job


class _Steps(Generic[Kind]):
    """The job as last stored. A step is a new object, because the job must not change unless the step is stored."""

    def __init__(self, job: Kind, *, jobs: JobRepository, clock: Clock, seconds: float | None) -> None:
        self.job = job
        self._jobs = jobs
        self._clock = clock
        self._ends_at = None if seconds is None else clock() + timedelta(seconds=seconds)

    def store(self, job: Kind, written: bytes = b"") -> None:
        self.job = self.record(self._jobs, job, written)

    def record(self, progress: JobProgress, job: Kind, written: bytes = b"") -> Kind:
        """Store a step, which is the last one of this run if its time is over."""
        job = replace(job)
        progress.save_progress(job, until=self._lease(job), written=written)
        return job

    def fail(self, sentence: str) -> None:
        failed = replace(self.job)
        failed.mark_failed(sentence)
        self.store(failed)

    def read(self, part: FilePart) -> BufferedReader:
        return BufferedReader(_JobFile(partial(self._jobs.read, self.job.id, part)), CHUNK_BYTES)

    @property
    def is_interrupted(self) -> bool:
        return self._ends_at is not None and self.job.leased_until <= self._clock()

    def _lease(self, job: FileJob) -> datetime:
        now = self._clock()
        is_last = job.status is not JobStatus.RUNNING or (self._ends_at is not None and now >= self._ends_at)
        return now if is_last else now + LEASE


def _export(steps: _Steps[ExportJob], export_orders: ExportOrdersFn, renderers: FileRenderers, max_bytes: int) -> None:
    job = steps.job
    order_filter = replace(job.order_filter, cursor=job.cursor)
    request = ExportOrders(actor=job.actor, order_filter=order_filter, with_items=renderers.needs_items(job))
    for page in export_orders(request):
        rows, content = renderers.rows(job, page)
        if job.cursor is None:
            content = renderers.header(job) + content
        job = job.after(orders=len(page.orders), rows=rows, size=len(content), cursor=page.next_cursor)
        if job.size > max_bytes:
            steps.fail(f"The file must have at most {max_bytes:,} bytes; export fewer orders at a time.")
            return
        steps.store(job, content)
        if steps.is_interrupted:
            return
        job = steps.job


def _import(
    steps: _Steps[ImportJob], upsert_products: UpsertFn, read_products: ReadProductsFn, renderers: FileRenderers
) -> None:
    job, stored = steps.job, list[ImportJob]()  # the step of the last attempt of a batch

    def record(uow: UnitOfWork, results: Sequence[ImportResult]) -> None:
        stored[:] = [steps.record(uow.jobs, *_after(steps.job, results, renderers))]

    with steps.read(FilePart.SENT) as file:
        request = ImportProducts(
            actor=job.actor,
            rows=read_products(file, job.file_format, job.next_line),
            dry_run=job.dry_run,
            record=None if job.dry_run else record,
        )
        for results in import_batches(request, upsert_products=upsert_products):
            if job.dry_run:
                steps.store(*_after(steps.job, results, renderers))
            else:
                steps.job = stored.pop()
            if steps.is_interrupted:
                return
    done, header = replace(steps.job, status=JobStatus.DONE), b""
    if not done.size:
        header = renderers.refused_header(done.file_format)
    steps.store(replace(done, size=done.size + len(header)), header)


def _after(job: ImportJob, results: Sequence[ImportResult], renderers: FileRenderers) -> tuple[ImportJob, bytes]:
    """Return the job after the batch, and the bytes of its refused lines."""
    counts = Counter(result.outcome.value if result.outcome else "refused" for result in results)
    refused = [result for result in results if result.outcome is None]
    room = max(MAX_REFUSED_LINES - job.counts.get("refused", 0), 0)
    content = renderers.refused_lines(job.file_format, refused[:room])
    if content and not job.size:
        content = renderers.refused_header(job.file_format) + content
    return job.after(counts, last_line=results[-1].line, size=len(content)), content


class _JobFile(RawIOBase):
    """A stored file, read piece by piece."""

    def __init__(self, read: Callable[..., bytes]) -> None:
        self._read = read
        self._offset = 0
        self._piece = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._piece:
            self._piece = memoryview(self._read(offset=self._offset))
            self._offset += len(self._piece)
        size = min(len(buffer), len(self._piece))
        buffer[:size] = self._piece[:size]
        self._piece = self._piece[size:]
        return size
