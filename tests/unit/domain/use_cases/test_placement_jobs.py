"""Placement jobs: temporary answers are repeated, the last one is final, and a late job places nothing."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from orders_adapters.memory.jobs import InMemoryJobRepository
from orders_adapters.memory.store import InMemoryStore
from orders_adapters.testing.examples import ADA, ADMIN, new_id
from orders_domain import Order
from orders_domain.errors import IdempotencyKeyReused, JobNotFound
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.jobs import DeferredAnswer, DeferredRequest, FileJob, Job, JobStatus, PlacementJob
from orders_domain.use_cases import (
    ChangeStatus,
    DeferPlacement,
    GetPlacement,
    RunJob,
    defer_placement,
    get_placement,
    run_job,
)
from orders_domain.use_cases.background.run_file_job import RETRY_DELAY, RunFileJob
from orders_domain.use_cases.background.run_job import MAX_ATTEMPTS, PLACEMENT_LEASE, AnswerRequestFn
from tests.support.shop import InMemoryShop

REQUEST = DeferredRequest(root="http://shop.example/", path="/orders/", headers={}, body=b"{}")
BUSY = DeferredAnswer(status=503, headers={}, body=b"{}", is_temporary=True)
PLACED = DeferredAnswer(status=201, headers={}, body=b"{}", order_id=new_id())


def key(fingerprint: str = "f") -> IdempotencyKey:
    return IdempotencyKey(subject=ADA.subject, scope="orders", key="key", fingerprint=fingerprint)


@dataclass
class Placements:
    """Placements of Ada, whose requests get the given answers one after the other."""

    answers: list[DeferredAnswer]
    shop: InMemoryShop = field(default_factory=InMemoryShop)

    def __post_init__(self) -> None:
        self.jobs = InMemoryJobRepository(InMemoryStore())

    def defer(self, client_key: IdempotencyKey | None = None) -> PlacementJob:
        request = DeferPlacement(actor=ADA, request=REQUEST, idempotency_key=client_key)
        return defer_placement(request, jobs=self.jobs, clock=self.shop.clock, new_id=new_id)

    def run(self, job: PlacementJob, answer: AnswerRequestFn | None = None) -> Job | None:
        return run_job(
            RunJob(job_id=job.id),
            jobs=self.jobs,
            change_status=self.change,
            answer_request=answer or (lambda _: self.answers.pop(0)),
            run_file_job=self.run_file_job,
            clock=self.shop.clock,
        )

    def change(self, change: ChangeStatus) -> Order:
        raise AssertionError(f"The order {change.order_id} is not to be changed.")

    def run_file_job(self, request: RunFileJob) -> FileJob:
        raise AssertionError(f"The job {request.job.id} has no file.")

    def stored(self, job: PlacementJob) -> PlacementJob:
        return get_placement(GetPlacement(actor=ADA, job_id=job.id), jobs=self.jobs)


def test_temporary_answer_is_repeated_later() -> None:
    placements = Placements([BUSY, PLACED])
    job = placements.defer()

    placements.run(job)
    at_once = placements.run(job)
    waiting = placements.stored(job)
    placements.shop.clock.advance(RETRY_DELAY.total_seconds())
    placements.run(job)

    assert at_once is None
    assert (waiting.status, waiting.answer) == (JobStatus.RUNNING, None)
    assert (placements.stored(job).status, placements.stored(job).answer) == (JobStatus.DONE, PLACED)


def test_last_attempt_has_the_final_answer() -> None:
    placements = Placements([BUSY] * MAX_ATTEMPTS)
    job = placements.defer()

    for _ in range(MAX_ATTEMPTS):
        placements.run(job)
        placements.shop.clock.advance(RETRY_DELAY.total_seconds())

    answer = placements.stored(job).answer
    assert answer
    assert (answer.status, answer.succeeded) == (503, False)


def test_job_of_yesterday_fails_without_a_placement() -> None:
    placements = Placements([])
    job = placements.defer()

    placements.shop.clock.advance(timedelta(hours=24).total_seconds())
    placements.run(job)

    assert placements.stored(job).status is JobStatus.FAILED


def test_running_placement_is_leased_for_its_time() -> None:
    placements = Placements([])
    job, leases = placements.defer(), []

    def answer(running: PlacementJob) -> DeferredAnswer:
        leases.append(placements.stored(running).leased_until)
        return PLACED

    placements.run(job, answer)

    assert leases == [job.created_at + PLACEMENT_LEASE]


def test_reused_key_is_refused_and_others_see_no_job() -> None:
    placements = Placements([])
    job = placements.defer(key())

    assert placements.defer(key()) == job
    with pytest.raises(IdempotencyKeyReused):
        placements.defer(key("another"))
    with pytest.raises(JobNotFound):
        get_placement(GetPlacement(actor=ADMIN, job_id=job.id), jobs=placements.jobs)
