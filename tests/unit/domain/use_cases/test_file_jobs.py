"""Exports and imports as jobs: steps, their bytes, and interruptions, on the memory adapters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from orders_adapters.memory.jobs import InMemoryJobRepository
from orders_adapters.testing.examples import ADMIN, new_id
from orders_domain.errors import JobLeaseLost, StoreUnavailable, UnreadableFile
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.jobs import ExportJob, FileFormat, FileJob, FileNotReady, FilePart, ImportJob, JobStatus
from orders_domain.model.jobs import files as job_files
from orders_domain.model.order_filter import OrderFilter
from orders_domain.use_cases import (
    GetFileJob,
    RunFileJob,
    RunJob,
    StartExport,
    StartImport,
    export_orders,
    read_export,
    read_refused_lines,
    run_file_job,
    run_job,
    start_export,
    start_import,
    upsert_products,
)
from orders_domain.use_cases.background import run_file_job as module
from orders_domain.use_cases.catalog import import_products as imports
from orders_domain.use_cases.orders import export_orders as exports
from orders_flask.files.job_files import RENDERERS, read_products_in
from tests.support.shop import InMemoryShop

HEADER = "sku,name,price,stock_quantity\n"
LEASE = module.LEASE.total_seconds()


def key() -> IdempotencyKey:
    return IdempotencyKey(subject=ADMIN.subject, scope="shop", key=str(new_id()), fingerprint="f")


@dataclass
class FileJobs:
    """Jobs of an administrator; ``reads`` and ``writes`` are the sizes of what the store was asked for at once."""

    shop: InMemoryShop = field(default_factory=InMemoryShop)
    max_bytes: int = 1_000_000
    upsert: Callable[..., Any] | None = None

    def __post_init__(self) -> None:
        self.jobs = InMemoryJobRepository(self.shop.store)
        self.bound: dict[str, Any] = {"jobs": self.jobs, "clock": self.shop.clock}

    def export(self, **options: Any) -> ExportJob:
        given: dict[str, Any] = {"order_filter": OrderFilter(), "view": "orders", "file_format": FileFormat.CSV}
        given |= options
        request = StartExport(actor=ADMIN, idempotency_key=key(), **given)
        return start_export(request, new_id=new_id, **self.bound)

    def imported(self, text: str, **options: Any) -> ImportJob:
        given: dict[str, Any] = {"file_format": FileFormat.CSV} | options
        request = StartImport(actor=ADMIN, content=text.encode(), idempotency_key=key(), **given)
        return start_import(request, read_products=read_products_in("USD"), new_id=new_id, **self.bound)

    def run(self, job: FileJob, seconds: float | None = None) -> FileJob | None:
        upsert = partial(upsert_products, uow=self.shop.unit_of_work(), clock=self.shop.clock)
        done = run_job(
            RunJob(job_id=job.id, seconds=seconds),
            jobs=self.jobs,
            change_status=self.unexpected,
            answer_request=self.unexpected,
            run_file_job=partial(
                run_file_job,
                export_orders=partial(export_orders, queries=self.shop.queries),
                upsert_products=self.upsert or upsert,
                read_products=read_products_in("USD"),
                renderers=RENDERERS,
                max_bytes=self.max_bytes,
                **self.bound,
            ),
            clock=self.shop.clock,
        )
        assert done is None or isinstance(done, FileJob)
        return done

    def unexpected(self, _: object) -> Any:
        raise AssertionError("The job has a file.")

    def stored(self, job: FileJob) -> Any:
        return self.jobs.get(job.id)

    def written(self, job: FileJob) -> bytes:
        return self.jobs.read(job.id, FilePart.WRITTEN, offset=0)

    def skus(self) -> list[str]:
        return sorted(product.sku for product in self.shop.store.products.values())


@pytest.fixture
def file_jobs(monkeypatch: pytest.MonkeyPatch) -> FileJobs:
    """Jobs whose pages have two orders and whose batches have two lines."""
    monkeypatch.setattr(exports, "MAX_PAGE_SIZE", 2)
    monkeypatch.setattr(imports, "BATCH", 2)
    return FileJobs()


def lines(content: bytes) -> list[str]:
    return content.decode().splitlines()


def test_export_is_written_page_by_page(file_jobs: FileJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = [file_jobs.shop.place() for _ in range(5)]
    written = list[int]()
    save = file_jobs.jobs.save_progress

    def saved(job: Any, *, until: Any, written_: list[int] = written, **content: bytes) -> None:
        written_.append(len(lines(content.get("written", b""))))
        save(job, until=until, **content)

    monkeypatch.setattr(file_jobs.jobs, "save_progress", saved)

    done = file_jobs.run(file_jobs.export())

    assert isinstance(done, ExportJob)
    assert (done.status, done.processed, done.rows, done.size) == (JobStatus.DONE, 5, 5, len(file_jobs.written(done)))
    assert written == [3, 2, 1]  # the header and two orders, two, and one
    numbers = [int(line.partition(",")[0]) for line in lines(file_jobs.written(done))[1:]]
    assert numbers == sorted((order.number or 0 for order in orders), reverse=True)


def test_interrupted_export_goes_on_behind_its_last_page(file_jobs: FileJobs) -> None:
    for _ in range(5):
        file_jobs.shop.place()
    complete = file_jobs.written(file_jobs.run(file_jobs.export()))  # type: ignore[arg-type]
    job = file_jobs.export()

    steps = []
    for _ in range(3):
        file_jobs.run(job, seconds=0)
        steps.append((file_jobs.stored(job).status, file_jobs.stored(job).processed))

    assert steps == [(JobStatus.RUNNING, 2), (JobStatus.RUNNING, 4), (JobStatus.DONE, 5)]
    assert file_jobs.written(job) == complete
    assert file_jobs.stored(job).attempts == 0


def test_failed_page_is_repeated(file_jobs: FileJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        file_jobs.shop.place()
    complete = file_jobs.written(file_jobs.run(file_jobs.export()))  # type: ignore[arg-type]
    job, save, calls = file_jobs.export(), file_jobs.jobs.save_progress, list[int]()

    def fails_once(*args: Any, **kwargs: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise StoreUnavailable("Away.")
        save(*args, **kwargs)

    monkeypatch.setattr(file_jobs.jobs, "save_progress", fails_once)
    with pytest.raises(StoreUnavailable):
        file_jobs.run(job)
    waiting = file_jobs.stored(job)
    file_jobs.shop.clock.advance(module.RETRY_DELAY.total_seconds())
    file_jobs.run(job)

    assert (waiting.processed, waiting.size) == (2, len(b"".join(complete.splitlines(keepends=True)[:3])))
    assert file_jobs.written(job) == complete


def test_too_large_file_fails_the_export(file_jobs: FileJobs) -> None:
    file_jobs.shop.place()
    file_jobs.max_bytes = 300

    done = file_jobs.run(file_jobs.export())

    assert done
    assert (done.status, file_jobs.written(done)) == (JobStatus.FAILED, b"")
    assert "at most 300 bytes" in (done.failure or "")
    with pytest.raises(FileNotReady, match="300 bytes"):
        read_export(GetFileJob(actor=ADMIN, job_id=done.id), **file_jobs.bound)


def test_import_counts_each_line(file_jobs: FileJobs) -> None:
    first = file_jobs.run(file_jobs.imported(f"{HEADER}A,Tea,1,1\nB,Tea,1,1\n"))
    second = file_jobs.run(file_jobs.imported(f"{HEADER}A,Tea,1,1\nB,Tea,2,1\nbad\nC,Tea,x,1\nD,Tea,1,1\n"))

    assert isinstance(first, ImportJob)
    assert isinstance(second, ImportJob)
    assert first.counts == {"added": 2, "changed": 0, "unchanged": 0, "refused": 0}
    assert second.counts == {"added": 1, "changed": 1, "unchanged": 1, "refused": 2}
    assert lines(file_jobs.written(first)) == ["line,reason,text"]
    assert [line.split(",")[0] for line in lines(file_jobs.written(second))] == ["line", "4", "5"]
    assert lines(file_jobs.written(second))[2].endswith('"C,Tea,x,1"')


def test_interrupted_import_applies_each_batch_once(file_jobs: FileJobs) -> None:
    job = file_jobs.imported(HEADER + "".join(f"SKU-{n},Tea,1,1\n" for n in range(5)) + "bad\n")

    seen = []
    while file_jobs.stored(job).status is not JobStatus.DONE:
        file_jobs.run(job, seconds=0)
        seen.append(file_jobs.stored(job).processed)

    assert seen == [2, 4, 6, 6]
    assert file_jobs.stored(job).counts == {"added": 5, "changed": 0, "unchanged": 0, "refused": 1}
    assert {product.version for product in file_jobs.shop.store.products.values()} == {1}


def test_batch_is_stored_with_its_progress_or_not_at_all(file_jobs: FileJobs) -> None:
    job = file_jobs.imported(f"{HEADER}A,Tea,1,1\nB,Tea,1,1\n")
    slow = file_jobs.jobs.acquire(job.id, now=file_jobs.shop.clock(), until=file_jobs.shop.clock() + module.LEASE)
    assert isinstance(slow, ImportJob)
    file_jobs.shop.clock.advance(LEASE)
    file_jobs.jobs.acquire(job.id, now=file_jobs.shop.clock(), until=file_jobs.shop.clock() + module.LEASE)

    with pytest.raises(JobLeaseLost):
        run_file_job(
            RunFileJob(job=slow),
            export_orders=file_jobs.unexpected,
            upsert_products=partial(upsert_products, uow=file_jobs.shop.unit_of_work(), clock=file_jobs.shop.clock),
            read_products=read_products_in("USD"),
            renderers=RENDERERS,
            max_bytes=1,
            **file_jobs.bound,
        )

    assert file_jobs.skus() == []


def test_dry_run_counts_and_stores_nothing(file_jobs: FileJobs) -> None:
    done = file_jobs.run(file_jobs.imported(f"{HEADER}A,Tea,1,1\nB,Tea,1,1\nbad\n", dry_run=True))

    assert isinstance(done, ImportJob)
    assert (done.counts["added"], done.counts["refused"], file_jobs.skus()) == (2, 1, [])


def test_refused_lines_are_bounded(file_jobs: FileJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_REFUSED_LINES", 3)

    done = file_jobs.run(file_jobs.imported(HEADER + "bad\n" * 7))

    assert isinstance(done, ImportJob)
    assert (done.counts["refused"], len(lines(file_jobs.written(done)))) == (7, 4)


def test_sent_file_is_read_in_pieces(file_jobs: FileJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    job = file_jobs.imported(HEADER + "".join(f"SKU-{n},{'x' * 200},1,1\n" for n in range(4_000)))
    monkeypatch.setattr(imports, "BATCH", 500)
    read, sizes = file_jobs.jobs.read, list[int]()

    def noted(*args: Any, **kwargs: Any) -> bytes:
        piece = read(*args, **kwargs)
        sizes.append(len(piece))
        return piece

    monkeypatch.setattr(file_jobs.jobs, "read", noted)
    done = file_jobs.run(job)

    assert isinstance(done, ImportJob)
    assert done.counts["added"] == 4_000
    assert (max(sizes), sum(sizes)) == (job_files.CHUNK_BYTES, job.sent_size)


def test_unreadable_encoding_fails_the_import(file_jobs: FileJobs) -> None:
    content = (HEADER + "A,Tea,1,1\n" * 4).encode("utf-16")[:-1]
    request = StartImport(actor=ADMIN, content=content, file_format=FileFormat.CSV, idempotency_key=key())
    job = start_import(request, read_products=read_products_in("USD"), new_id=new_id, **file_jobs.bound)

    done = file_jobs.run(job)

    assert done
    assert (done.status, done.failure) == (
        JobStatus.FAILED,
        "The file begins like UTF-16, but is not UTF-16: truncated data.",
    )


@pytest.mark.parametrize("text", ["", " \n", "sku\n", HEADER, HEADER + "\n\n", "\x00"])
def test_file_without_a_product_is_refused(file_jobs: FileJobs, text: str) -> None:
    with pytest.raises(UnreadableFile):
        file_jobs.imported(text)

    assert file_jobs.shop.store.jobs == {}


def test_job_of_yesterday_fails(file_jobs: FileJobs) -> None:
    job = file_jobs.export()

    file_jobs.shop.clock.advance(timedelta(hours=24).total_seconds())
    file_jobs.run(job)

    assert (file_jobs.stored(job).status, file_jobs.stored(job).failure) == (
        JobStatus.FAILED,
        "No worker finished the job in time.",
    )


def test_import_that_is_killed_each_time_fails(file_jobs: FileJobs) -> None:
    def killed(_: Any) -> Iterator[Any]:
        raise KeyboardInterrupt

    job, file_jobs.upsert = file_jobs.imported(f"{HEADER}A,Tea,1,1\n"), killed
    for _ in range(20):
        with pytest.raises(KeyboardInterrupt):
            file_jobs.run(job)
        file_jobs.shop.clock.advance(LEASE)
    file_jobs.run(job)

    assert file_jobs.stored(job).status is JobStatus.FAILED
    with pytest.raises(FileNotReady, match="No attempt made any progress"):
        read_refused_lines(GetFileJob(actor=ADMIN, job_id=job.id), **file_jobs.bound)
