"""Contract of IdempotencyKeys: a request runs once per key, and only a commit stores a key."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from threading import Event

import pytest

from orders_adapters.testing.examples import ADA, NOON, placed
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once, other_thread
from orders_domain import Order, OrderStatus
from orders_domain.errors import IdempotencyKeyReused, RequestInProgress, StoreContention
from orders_domain.model.idempotency import DuplicateRequest, IdempotencyKey
from orders_domain.model.order_filter import OrderFilter

DAY = timedelta(hours=24)


REPEATED = (DuplicateRequest, RequestInProgress, StoreContention)
"""Results of a concurrent request with the same key; StoreContention if another one commits after the key is read."""
TWICE = IdempotencyKey(subject="ada", scope="orders", key="twice", fingerprint="tea")


def place_once(
    store: StoreHarness,
    idempotency_key: IdempotencyKey = TWICE,
    *,
    at: datetime = NOON,
    meanwhile: Callable[[], object] = int,
) -> Order:
    """Place an order under the key, with its event."""
    order = placed(by=ADA, at=at)
    with store.unit_of_work() as uow:
        uow.idempotency_keys.acquire(idempotency_key, at=at)
        uow.orders.add(order)
        meanwhile()
        uow.idempotency_keys.store(idempotency_key, order)
        uow.commit()
    return order


def orders_of(store: StoreHarness) -> int:
    return len(store.queries.search(OrderFilter(user_id="ada")).orders)


class ExpectedError(Exception):
    """An error between acquiring the key and the commit."""


class IdempotencyKeysTests:
    """Promises of ``IdempotencyKeys`` and ``IdempotencyKeyCleanup``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_repeated_key_returns_stored_order(self, store: StoreHarness) -> None:
        order = place_once(store)

        for _ in range(2):
            with pytest.raises(DuplicateRequest) as again:
                place_once(store)
            assert again.value.order == store.queries.get(order.id)

        assert orders_of(store) == 1
        assert len(store.events()) == 1

    def test_repeated_key_returns_order_as_placed(self, store: StoreHarness) -> None:
        order = place_once(store)
        placed_order = store.queries.get(order.id)
        store.changed(order, OrderStatus.PAID)

        with pytest.raises(DuplicateRequest) as again:
            place_once(store)

        assert again.value.order == placed_order
        assert again.value.order.number is not None

    def test_repeated_key_returns_deleted_order(self, store: StoreHarness) -> None:
        order = place_once(store)
        placed_order = store.queries.get(order.id)
        with store.unit_of_work() as uow:
            present = uow.orders.get_for_update(order.id)
            present.delete(by=ADA, at=NOON)
            uow.orders.save(present)
            uow.commit()

        with pytest.raises(DuplicateRequest) as again:
            place_once(store)

        assert again.value.order == placed_order

    def test_key_reuse_with_other_request_is_rejected(self, store: StoreHarness) -> None:
        place_once(store)

        with pytest.raises(IdempotencyKeyReused):
            place_once(store, replace(TWICE, fingerprint="coffee"))

        assert orders_of(store) == 1

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
    def test_key_is_unique_per_subject_and_scope(self, store: StoreHarness, other: IdempotencyKey) -> None:
        first = place_once(store)

        second = place_once(store, replace(other, fingerprint="coffee"))

        assert first.id != second.id

    @pytest.mark.parametrize(
        "key", ["k" * 255, "'; DROP TABLE idempotency_keys; --", "Schlüssel \U0001f511", "%s :key"]
    )
    def test_key_text_is_stored_exactly(self, store: StoreHarness, key: str) -> None:
        place_once(store, replace(TWICE, key=key))

        with pytest.raises(DuplicateRequest):
            place_once(store, replace(TWICE, key=key))

    def test_failure_releases_the_key(self, store: StoreHarness) -> None:
        def fail() -> None:
            raise ExpectedError

        with pytest.raises(ExpectedError):
            place_once(store, meanwhile=fail)
        assert orders_of(store) == 0

        place_once(store, replace(TWICE, fingerprint="coffee"))
        assert orders_of(store) == 1

    def test_rollback_releases_the_key(self, store: StoreHarness) -> None:
        with store.unit_of_work() as uow:
            uow.idempotency_keys.acquire(TWICE, at=NOON)
            order = placed()
            uow.orders.add(order)
            uow.idempotency_keys.store(TWICE, order)

        place_once(store)
        assert orders_of(store) == 1

    def test_acquired_key_without_response_is_free(self, store: StoreHarness) -> None:
        with store.unit_of_work() as uow:
            uow.idempotency_keys.acquire(TWICE, at=NOON)
            uow.commit()

        place_once(store)
        assert orders_of(store) == 1

    def test_key_expires_after_a_day(self, store: StoreHarness) -> None:
        first = place_once(store, at=NOON)

        with pytest.raises(DuplicateRequest):
            place_once(store, at=NOON + DAY - timedelta(microseconds=1))
        second = place_once(store, replace(TWICE, fingerprint="coffee"), at=NOON + DAY)

        with pytest.raises(DuplicateRequest) as again:
            place_once(store, replace(TWICE, fingerprint="coffee"), at=NOON + DAY + DAY / 2)
        assert again.value.order.id == second.id != first.id

    def test_key_is_free_after_nine_days(self, store: StoreHarness) -> None:
        place_once(store, at=NOON)
        later = place_once(store, replace(TWICE, fingerprint="coffee"), at=NOON + 9 * DAY)

        with pytest.raises(DuplicateRequest) as again:
            place_once(store, replace(TWICE, fingerprint="coffee"), at=NOON + 9 * DAY)
        assert again.value.order.id == later.id

    def test_expired_keys_are_pruned_in_batches(self, store: StoreHarness) -> None:
        for number in range(5):
            place_once(store, replace(TWICE, key=f"old {number}"), at=NOON)
        place_once(store, replace(TWICE, key="young"), at=NOON + DAY)

        limit = NOON + timedelta(microseconds=1)
        assert [store.keys.prune(stored_before=limit, limit=3) for _ in range(3)] == [3, 2, 0]

        with pytest.raises(DuplicateRequest):
            place_once(store, replace(TWICE, key="young"), at=NOON + DAY)
        place_once(store, replace(TWICE, key="old 3", fingerprint="coffee"), at=NOON)

    def test_unexpired_keys_are_not_pruned(self, store: StoreHarness) -> None:
        place_once(store, at=NOON)

        assert store.keys.prune(stored_before=NOON) == 0

    def test_concurrent_key_is_rejected_or_waits(self, store: StoreHarness) -> None:
        begun, resume = Event(), Event()

        def linger() -> None:
            begun.set()
            resume.wait(10)

        with other_thread() as first, other_thread() as second:
            doing = first.submit(place_once, store, meanwhile=linger)
            assert begun.wait(10)
            repeating = second.submit(place_once, store)
            try:
                early = repeating.exception(timeout=1)  # a store without row locks lets it wait
            except TimeoutError:
                early = None
            resume.set()
            order = doing.result(10)
            outcome = early or repeating.exception(10)

        assert isinstance(outcome, RequestInProgress | DuplicateRequest)
        if isinstance(outcome, DuplicateRequest):
            assert outcome.order.id == order.id
        assert orders_of(store) == 1

    def test_concurrent_requests_create_one_order(self, store: StoreHarness) -> None:
        for attempt in range(5):
            idempotency_key = replace(TWICE, key=f"turn {attempt}")
            results = at_once(*[partial(place_once, store, idempotency_key)] * 16)

            created = [result for result in results if isinstance(result, Order)]
            repeated = {result.order.id for result in results if isinstance(result, DuplicateRequest)}
            assert len(created) == 1
            assert repeated <= {created[0].id}
            assert {type(result) for result in results} <= {Order, *REPEATED}

        assert orders_of(store) == 5
        assert len(store.events()) == 5
