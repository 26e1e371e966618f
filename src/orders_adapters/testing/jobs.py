"""Contract of JobRepository."""

from datetime import timedelta
from uuid import UUID

import pytest

from orders_adapters.testing.examples import NOON, new_id
from orders_adapters.testing.threads import at_once
from orders_domain import Actor, OrderStatus, Role
from orders_domain.errors import JobLeaseLost, JobNotFound, OrderNotFound
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.jobs import (
    BulkStatusJob,
    DeferredAnswer,
    DeferredRequest,
    ExportJob,
    Failure,
    FileFormat,
    FileJob,
    FilePart,
    ImportJob,
    JobStatus,
    PlacementJob,
    TooManyFileJobs,
)
from orders_domain.model.jobs.files import CHUNK_BYTES
from orders_domain.model.order_filter import Cursor, OrderFilter
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.status import TRANSITIONS, InvalidTransition, TargetStatus
from orders_domain.ports.jobs import JobRepository

ROOT = Actor(subject="root", role=Role.ADMIN, request_id="request-of-root")


CANCELED = TargetStatus(OrderStatus.CANCELED, frozenset({OrderStatus.CANCELED}))


CONFIRMED = TargetStatus(OrderStatus.CONFIRMED, frozenset({OrderStatus.CONFIRMED, OrderStatus.PAID}))


LATER = NOON + timedelta(seconds=10)


def added(jobs: JobRepository, *order_ids: OrderRef) -> BulkStatusJob:
    job = BulkStatusJob.create(order_ids or (1, 2), CONFIRMED, job_id=new_id(), by=ROOT, at=NOON)
    jobs.add(job)
    return job


def placement(key: str | None = None, *, fingerprint: str = "f" * 64) -> PlacementJob:
    """A new job of an operator, whose request has no valid UTF-8."""
    operator = Actor(subject="ida", scopes=frozenset({"orders:write"}), request_id="r", traceparent="t")
    body = DeferredRequest(root="http://shop.example/", path="/orders/", headers={"A": "b"}, body=b'{"\xff\x00": 1}')
    client_key = key and IdempotencyKey(subject="ida", scope="orders", key=key, fingerprint=fingerprint)
    return PlacementJob.create(body, client_key=client_key or None, job_id=new_id(), by=operator, at=NOON)


def file_key(key: str = "", *, of: Actor = ROOT) -> IdempotencyKey:
    return IdempotencyKey(subject=of.subject, scope="shop", key=key or str(new_id()), fingerprint="f" * 64)


def export(key: str = "", *, by: Actor = ROOT) -> ExportJob:
    statuses = frozenset({OrderStatus.PAID, OrderStatus.SHIPPED})
    selected = OrderFilter(user_id="ann", statuses=statuses, placed_from=NOON, placed_before=LATER)
    return ExportJob(
        id=new_id(),
        actor=by,
        created_at=NOON,
        leased_until=NOON,
        file_format=FileFormat.CSV,
        client_key=file_key(key, of=by),
        order_filter=selected,
        view="items",
        with_bom=True,
    )


def product_import(key: str = "") -> ImportJob:
    return ImportJob(
        id=new_id(),
        actor=ROOT,
        created_at=NOON,
        leased_until=NOON,
        file_format=FileFormat.JSON_LINES,
        client_key=file_key(key),
        sent_size=3,
        sent_lines=1,
        dry_run=True,
    )


def claimed_export(jobs: JobRepository) -> ExportJob:
    job = jobs.acquire(jobs.add_once(export()).id, now=NOON, until=LATER)
    assert isinstance(job, ExportJob)
    return job


def claimed(jobs: JobRepository, job: BulkStatusJob) -> BulkStatusJob:
    leased = jobs.acquire(job.id, now=NOON, until=LATER)
    assert isinstance(leased, BulkStatusJob)
    return leased


class JobRepositoryTests:
    """Promises of ``JobRepository``, and so of ``JobProgress``.

    A subclass has the fixture ``jobs``: a repository without jobs.
    """

    def test_job_is_read_as_added(self, jobs: JobRepository) -> None:
        job = added(jobs, 7, new_id(), 10**18 - 1)
        with_reason = BulkStatusJob.create([1], CANCELED, reason="Sold out", job_id=new_id(), by=ROOT, at=NOON)
        jobs.add(with_reason)

        assert jobs.get(job.id) == job
        assert jobs.get(with_reason.id) == with_reason

    def test_job_is_read_with_its_progress(self, jobs: JobRepository) -> None:
        order_id: UUID = new_id()
        job = claimed(jobs, added(jobs, 7, order_id, 8, 9))
        shipped = OrderStatus.SHIPPED
        job.record_result(Failure.of(7, InvalidTransition(shipped, OrderStatus.CONFIRMED, TRANSITIONS[shipped])))
        job.record_result(Failure.of(order_id, OrderNotFound(order_id)))
        job.record_result(None)

        jobs.save_progress(job, until=LATER + timedelta(seconds=1))

        assert jobs.get(job.id) == job
        stored = jobs.get(job.id)
        assert isinstance(stored, BulkStatusJob)
        assert stored.updated == (8,)

    def test_unknown_job_raises_not_found(self, jobs: JobRepository) -> None:
        with pytest.raises(JobNotFound):
            jobs.get(new_id())
        assert jobs.acquire(new_id(), now=NOON, until=LATER) is None

    def test_returned_job_is_a_copy(self, jobs: JobRepository) -> None:
        job = added(jobs)

        stored = jobs.get(job.id)
        stored.processed = 7
        job.record_result(None)

        assert jobs.get(job.id).processed == 0

    def test_leased_job_is_not_due_until_expiry(self, jobs: JobRepository) -> None:
        job = added(jobs)

        leased = claimed(jobs, job)

        assert (leased.status, leased.attempts, leased.leased_until) == (JobStatus.RUNNING, 1, LATER)
        assert jobs.get(job.id) == leased
        assert jobs.list_due(LATER - timedelta(microseconds=1)) == []
        assert jobs.acquire(job.id, now=LATER - timedelta(microseconds=1), until=LATER) is None
        assert jobs.list_due(LATER) == [job.id]
        again = jobs.acquire(job.id, now=LATER, until=LATER + timedelta(seconds=10))
        assert again
        assert again.attempts == 2

    def test_saved_progress_extends_the_lease(self, jobs: JobRepository) -> None:
        job = claimed(jobs, added(jobs))

        jobs.save_progress(job, until=LATER + timedelta(seconds=10))

        assert jobs.list_due(LATER) == []
        assert jobs.acquire(job.id, now=LATER, until=LATER + timedelta(seconds=10)) is None

    def test_lost_lease_rejects_progress(self, jobs: JobRepository) -> None:
        slow = claimed(jobs, added(jobs))
        quick = jobs.acquire(slow.id, now=LATER, until=LATER + timedelta(seconds=10))
        slow.record_result(None)

        with pytest.raises(JobLeaseLost):
            jobs.save_progress(slow, until=LATER + timedelta(seconds=20))

        assert jobs.get(slow.id) == quick

    @pytest.mark.parametrize("end", [JobStatus.DONE, JobStatus.FAILED])
    def test_finished_job_is_never_due(self, jobs: JobRepository, end: JobStatus) -> None:
        job = claimed(jobs, added(jobs))
        job.status = end

        jobs.save_progress(job, until=NOON)

        assert jobs.list_due(LATER + timedelta(days=1)) == []
        assert jobs.acquire(job.id, now=LATER, until=LATER) is None

    def test_jobs_are_due_oldest_first(self, jobs: JobRepository) -> None:
        waiting = [added(jobs) for _ in range(3)]
        jobs.save_progress(claimed(jobs, waiting[0]), until=NOON + timedelta(seconds=1))

        due = jobs.list_due(LATER)

        assert list(due) == [waiting[1].id, waiting[2].id, waiting[0].id]
        assert list(jobs.list_due(LATER, limit=1)) == [waiting[1].id]

    def test_concurrent_acquire_leases_job_once(self, jobs: JobRepository) -> None:
        for _ in range(10):
            job = added(jobs)

            outcomes = at_once(*[lambda job=job: jobs.acquire(job.id, now=NOON, until=LATER)] * 12)

            assert len([outcome for outcome in outcomes if outcome is not None]) == 1

    def test_finished_jobs_are_deleted_when_old(self, jobs: JobRepository) -> None:
        ended, open_ = claimed(jobs, added(jobs)), added(jobs)
        ended.status = JobStatus.DONE
        jobs.save_progress(ended, until=LATER)

        assert jobs.delete_finished(BulkStatusJob, created_before=NOON) == 0
        assert jobs.delete_finished(PlacementJob, created_before=LATER) == 0
        assert jobs.delete_finished(BulkStatusJob, created_before=LATER) == 1

        assert jobs.get(open_.id) == open_
        with pytest.raises(JobNotFound):
            jobs.get(ended.id)

    def test_placement_is_read_as_added(self, jobs: JobRepository) -> None:
        unanswered, keyed = placement(), placement("key")

        assert [jobs.add_once(unanswered), jobs.add_once(keyed)] == [unanswered, keyed]

        assert [jobs.get(unanswered.id), jobs.get(keyed.id)] == [unanswered, keyed]
        assert jobs.list_due(NOON) == sorted([unanswered.id, keyed.id])

    @pytest.mark.parametrize("order_id", [None, new_id()], ids=["refused", "placed"])
    def test_placement_is_read_with_its_answer(self, jobs: JobRepository, order_id: UUID | None) -> None:
        jobs.add(waiting := placement())
        job = jobs.acquire(waiting.id, now=NOON, until=LATER)
        assert isinstance(job, PlacementJob)
        job.finish(DeferredAnswer(status=201, headers={"ETag": '"1"'}, body=b"\x00\xff", order_id=order_id))

        jobs.save_progress(job, until=LATER)

        assert jobs.get(job.id) == job
        assert jobs.list_due(LATER + timedelta(days=1)) == []
        assert jobs.delete_finished(BulkStatusJob, created_before=LATER) == 0
        assert jobs.delete_finished(PlacementJob, created_before=LATER) == 1

    def test_same_key_gets_the_earlier_job(self, jobs: JobRepository) -> None:
        first = jobs.add_once(placement("key"))

        again = jobs.add_once(placement("key", fingerprint="e" * 64))

        assert again == first
        assert jobs.add_once(placement("another")) != first
        assert jobs.add_once(placement()) != first
        assert len(jobs.list_due(NOON)) == 3

    def test_concurrent_requests_with_a_key_get_one_job(self, jobs: JobRepository) -> None:
        for key in map(str, range(5)):
            outcomes = at_once(*[lambda key=key: jobs.add_once(placement(key)).id] * 12)

            assert len(set(outcomes)) == 1

    @pytest.mark.parametrize("job", [export(), product_import()], ids=["export", "import"])
    def test_file_job_is_read_as_added_and_by_its_key(self, jobs: JobRepository, job: FileJob) -> None:
        assert jobs.add_once(job, content=b"abc") == job

        assert jobs.get(job.id) == job
        assert jobs.read(job.id, FilePart.SENT, offset=1) == b"bc"
        assert jobs.read(job.id, FilePart.WRITTEN, offset=0) == b""
        assert jobs.add_once(export(job.client_key.key), content=b"d") == job
        assert jobs.read(job.id, FilePart.SENT, offset=0) == b"abc"

    def test_file_grows_with_the_progress(self, jobs: JobRepository) -> None:
        first = claimed_export(jobs).after(orders=2, rows=3, size=4, cursor=Cursor(NOON, new_id()))
        jobs.save_progress(first, until=LATER, written=b"abcd")
        second = first.after(orders=1, rows=1, size=2, cursor=None)
        jobs.save_progress(second, until=LATER, written=b"ef")

        assert jobs.get(second.id) == second
        assert (second.status, second.processed, second.rows) == (JobStatus.DONE, 3, 4)
        pieces = [jobs.read(second.id, FilePart.WRITTEN, offset=offset) for offset in (0, 3, 4, 6)]
        assert (b"abcdef".startswith(pieces[0]), pieces[3]) == (True, b"")
        assert [piece[:1] for piece in pieces] == [b"a", b"d", b"e", b""]

    def test_file_is_read_in_chunks(self, jobs: JobRepository) -> None:
        content = bytes(range(256)) * (2 * CHUNK_BYTES // 256) + b"end"
        job = claimed_export(jobs).after(orders=1, rows=1, size=len(content), cursor=None)
        jobs.save_progress(job, until=LATER, written=content)

        pieces = [jobs.read(job.id, FilePart.WRITTEN, offset=0)]
        while piece := jobs.read(job.id, FilePart.WRITTEN, offset=sum(map(len, pieces))):
            pieces.append(piece)

        assert list(map(len, pieces)) == [CHUNK_BYTES, CHUNK_BYTES, 3]
        assert b"".join(pieces) == content

    def test_lost_lease_writes_nothing(self, jobs: JobRepository) -> None:
        slow = claimed_export(jobs)
        quick = jobs.acquire(slow.id, now=LATER, until=LATER + timedelta(seconds=10))

        with pytest.raises(JobLeaseLost):
            jobs.save_progress(slow.after(orders=1, rows=1, size=2, cursor=None), until=LATER, written=b"ab")

        assert jobs.get(slow.id) == quick
        assert jobs.read(slow.id, FilePart.WRITTEN, offset=0) == b""

    def test_unfinished_file_jobs_of_an_actor_are_bounded(self, jobs: JobRepository) -> None:
        first, _ = jobs.add_once(export("key"), max_unfinished=2), jobs.add_once(product_import(), max_unfinished=2)

        with pytest.raises(TooManyFileJobs):
            jobs.add_once(export(), max_unfinished=2)

        assert jobs.add_once(export("key"), max_unfinished=2) == first
        jobs.add_once(export(by=Actor(subject="ida")), max_unfinished=2)
        done = jobs.acquire(first.id, now=NOON, until=LATER)
        assert isinstance(done, ExportJob)
        jobs.save_progress(done.after(orders=0, rows=0, size=0, cursor=None), until=NOON)
        jobs.add_once(export(), max_unfinished=2)

    def test_deleted_job_has_no_file(self, jobs: JobRepository) -> None:
        job = claimed_export(jobs).after(orders=1, rows=1, size=2, cursor=None)
        jobs.save_progress(job, until=LATER, written=b"ab")
        waiting = jobs.add_once(product_import(), content=b"abc")

        assert jobs.delete_finished(ImportJob, created_before=LATER) == 0
        assert jobs.delete_finished(ExportJob, created_before=LATER) == 1

        assert jobs.read(job.id, FilePart.WRITTEN, offset=0) == b""
        assert jobs.read(waiting.id, FilePart.SENT, offset=0) == b"abc"
