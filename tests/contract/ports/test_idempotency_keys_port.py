"""Contract of IdempotencyKeys: a request runs once per key, and only a commit stores a key."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from threading import Event

import pytest

from orders_domain import Order, OrderStatus
from orders_domain.errors import IdempotencyKeyReused, RequestInProgress
from orders_domain.model.idempotency import DuplicateRequest, IdempotencyKey
from orders_domain.model.order_filter import OrderFilter
from tests.support.examples import ADA, NOON, placed
from tests.support.stores import Shop
from tests.support.threads import at_once, other_thread

DAY = timedelta(hours=24)


TWICE = IdempotencyKey(subject="ada", scope="orders", key="twice", fingerprint="tea")


def do(
    shop: Shop, idempotency_key: IdempotencyKey = TWICE, *, at: datetime = NOON, meanwhile: Callable[[], object] = int
) -> Order:
    """Place an order under the key, with its event."""
    order = placed(by=ADA, at=at)
    with shop.unit_of_work() as uow:
        uow.idempotency_keys.acquire(idempotency_key, at=at)
        uow.orders.add(order)
        meanwhile()
        uow.idempotency_keys.store(idempotency_key, order)
        uow.commit()
    return order


def orders_of(shop: Shop) -> int:
    return len(shop.queries.search(OrderFilter(user_id="ada")).orders)


def test_repeated_key_returns_stored_order(shop: Shop) -> None:
    order = do(shop)

    for _ in range(2):
        with pytest.raises(DuplicateRequest) as again:
            do(shop)
        assert again.value.order == shop.queries.get(order.id)

    assert orders_of(shop) == 1
    assert len(shop.events()) == 1


def test_repeated_key_returns_order_as_placed(shop: Shop) -> None:
    order = do(shop)
    placed_order = shop.queries.get(order.id)
    shop.changed(order, OrderStatus.PAID)

    with pytest.raises(DuplicateRequest) as again:
        do(shop)

    assert again.value.order == placed_order
    assert again.value.order.number is not None


def test_repeated_key_returns_deleted_order(shop: Shop) -> None:
    order = do(shop)
    placed_order = shop.queries.get(order.id)
    with shop.unit_of_work() as uow:
        present = uow.orders.get_for_update(order.id)
        present.delete(by=ADA, at=NOON)
        uow.orders.save(present)
        uow.commit()

    with pytest.raises(DuplicateRequest) as again:
        do(shop)

    assert again.value.order == placed_order


def test_key_reuse_with_other_request_is_rejected(shop: Shop) -> None:
    do(shop)

    with pytest.raises(IdempotencyKeyReused):
        do(shop, replace(TWICE, fingerprint="coffee"))

    assert orders_of(shop) == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(TWICE, subject="grace"),
        replace(TWICE, scope="checkout"),
        replace(TWICE, key="TWICE"),
        replace(TWICE, key="twice "),
        replace(TWICE, subject="adaorders", scope="x"),
    ],
)
def test_key_is_unique_per_subject_and_scope(shop: Shop, other: IdempotencyKey) -> None:
    first = do(shop)

    second = do(shop, replace(other, fingerprint="coffee"))

    assert first.id != second.id


@pytest.mark.parametrize("key", ["k" * 255, "'; DROP TABLE idempotency_keys; --", "Schlüssel \U0001f511", "%s :key"])
def test_key_text_is_stored_exactly(shop: Shop, key: str) -> None:
    do(shop, replace(TWICE, key=key))

    with pytest.raises(DuplicateRequest):
        do(shop, replace(TWICE, key=key))


class Mishap(Exception):
    """An error between acquiring the key and the commit."""


def test_failure_releases_the_key(shop: Shop) -> None:
    def fail() -> None:
        raise Mishap

    with pytest.raises(Mishap):
        do(shop, meanwhile=fail)
    assert orders_of(shop) == 0

    do(shop, replace(TWICE, fingerprint="coffee"))
    assert orders_of(shop) == 1


def test_rollback_releases_the_key(shop: Shop) -> None:
    with shop.unit_of_work() as uow:
        uow.idempotency_keys.acquire(TWICE, at=NOON)
        order = placed()
        uow.orders.add(order)
        uow.idempotency_keys.store(TWICE, order)

    do(shop)
    assert orders_of(shop) == 1


def test_acquired_key_without_response_is_free(shop: Shop) -> None:
    with shop.unit_of_work() as uow:
        uow.idempotency_keys.acquire(TWICE, at=NOON)
        uow.commit()

    do(shop)
    assert orders_of(shop) == 1


def test_key_expires_after_a_day(shop: Shop) -> None:
    first = do(shop, at=NOON)

    with pytest.raises(DuplicateRequest):
        do(shop, at=NOON + DAY - timedelta(microseconds=1))
    second = do(shop, replace(TWICE, fingerprint="coffee"), at=NOON + DAY)

    with pytest.raises(DuplicateRequest) as again:
        do(shop, replace(TWICE, fingerprint="coffee"), at=NOON + DAY + DAY / 2)
    assert again.value.order.id == second.id != first.id


def test_key_is_free_after_nine_days(shop: Shop) -> None:
    do(shop, at=NOON)
    later = do(shop, replace(TWICE, fingerprint="coffee"), at=NOON + 9 * DAY)

    with pytest.raises(DuplicateRequest) as again:
        do(shop, replace(TWICE, fingerprint="coffee"), at=NOON + 9 * DAY)
    assert again.value.order.id == later.id


def test_expired_keys_are_pruned_in_batches(shop: Shop) -> None:
    for number in range(5):
        do(shop, replace(TWICE, key=f"old {number}"), at=NOON)
    do(shop, replace(TWICE, key="young"), at=NOON + DAY)

    limit = NOON + timedelta(microseconds=1)
    assert [shop.keys.prune(stored_before=limit, limit=3) for _ in range(3)] == [3, 2, 0]

    with pytest.raises(DuplicateRequest):
        do(shop, replace(TWICE, key="young"), at=NOON + DAY)
    do(shop, replace(TWICE, key="old 3", fingerprint="coffee"), at=NOON)


def test_unexpired_keys_are_not_pruned(shop: Shop) -> None:
    do(shop, at=NOON)

    assert shop.keys.prune(stored_before=NOON) == 0


def test_concurrent_key_is_rejected_or_waits(shop: Shop) -> None:
    begun, go_on = Event(), Event()

    def linger() -> None:
        begun.set()
        go_on.wait(10)

    with other_thread() as first, other_thread() as second:
        doing = first.submit(do, shop, meanwhile=linger)
        assert begun.wait(10)
        repeating = second.submit(do, shop)
        try:
            early = repeating.exception(timeout=1)  # a store without row locks lets it wait
        except TimeoutError:
            early = None
        go_on.set()
        order = doing.result(10)
        outcome = early or repeating.exception(10)

    assert isinstance(outcome, RequestInProgress | DuplicateRequest)
    if isinstance(outcome, DuplicateRequest):
        assert outcome.order.id == order.id
    assert orders_of(shop) == 1


def test_concurrent_requests_create_one_order(shop: Shop) -> None:
    for attempt in range(5):
        idempotency_key = replace(TWICE, key=f"turn {attempt}")
        results = at_once(*[partial(do, shop, idempotency_key)] * 16)

        created = [result for result in results if isinstance(result, Order)]
        repeated = {result.order.id for result in results if isinstance(result, DuplicateRequest)}
        assert len(created) == 1
        assert repeated <= {created[0].id}
        assert {type(result) for result in results} <= {Order, DuplicateRequest, RequestInProgress}

    assert orders_of(shop) == 5
    assert len(shop.events()) == 5
