"""Tracking events of carriers: applied once, never backwards, step by step, with one notification per change."""

from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orders_adapters.memory.unit_of_work import InMemoryUnitOfWork
from orders_adapters.testing.examples import ADMIN, NOON, TOTAL, items, new_id
from orders_domain import Actor, Order, OrderStatus, Origin, Role
from orders_domain.errors import InvalidValue, OrderNotFound, OrdersError
from orders_domain.model.order import rebuild
from orders_domain.model.status import InvalidTransition
from orders_domain.model.tracking import TRANSITIONS_BY_CARRIER_STATUS, TrackingEvent
from orders_domain.model.values.timestamps import MAX_CLOCK_SKEW
from orders_domain.ports.outbox import OutboxState
from orders_domain.use_cases import TrackingOutcome, TrackShipment, track_shipment
from tests.support.cases import each_case
from tests.support.depth import effort
from tests.support.shop import InMemoryShop
from tests.unit.domain.use_cases.test_place_catalog_order import left, order, stocked

P, C, PAID, S, D, X = OrderStatus
STEPS: dict[str, dict[OrderStatus, list[OrderStatus] | None]] = {
    "CONFIRMED": {P: [C], C: [], PAID: [], S: [], D: [], X: []},
    "IN_TRANSIT": {P: [S], C: [S], PAID: [S], S: [], D: [], X: None},
    "OUT_FOR_DELIVERY": {P: [S], C: [S], PAID: [S], S: [], D: [], X: None},
    "SHIPPED": {P: [S], C: [S], PAID: [S], S: [], D: [], X: None},
    "DELIVERED": {P: [S, D], C: [S, D], PAID: [S, D], S: [D], D: [], X: None},
    "FAILED": {P: [X], C: [X], PAID: [X], S: [S], D: [D], X: []},
    "RETURNED": {P: [X], C: [X], PAID: [X], S: [S], D: [D], X: []},
}
"""By carrier status and order status: the steps that the order takes, or None if the event is rejected."""
TO: dict[OrderStatus, tuple[OrderStatus, ...]] = {P: (), C: (C,), PAID: (PAID,), S: (S,), D: (S, D), X: (X,)}


@pytest.fixture
def shop() -> InMemoryShop:
    return InMemoryShop()


def event(status: str = "SHIPPED", **others: Any) -> TrackingEvent:
    values: dict[str, Any] = {"id": str(new_id()), "status": status, "occurred_at": NOON}
    return TrackingEvent(**values | others)


def track(shop: InMemoryShop, event_: TrackingEvent) -> TrackingOutcome:
    return track_shipment(TrackShipment(event=event_), uow=shop.unit_of_work(), cache=shop.cache, clock=shop.clock)


def at(shop: InMemoryShop, status: OrderStatus) -> Order:
    placed = shop.place()
    for step in TO[status]:
        shop.administer(placed.id, step)
    return shop.queries.get(placed.id)


def notifications(shop: InMemoryShop, order: Order) -> list[Any]:
    published = [message.event for message in shop.in_state(*OutboxState) if message.event.order_id == order.id]
    return [message for message in published if message.type == "orders.user_notification.v1"]


@pytest.mark.parametrize("before", list(OrderStatus), ids=lambda status: status.value)
@pytest.mark.parametrize("word", list(TRANSITIONS_BY_CARRIER_STATUS))
def test_carrier_status_follows_the_lifecycle(shop: InMemoryShop, word: str, before: OrderStatus) -> None:
    order = at(shop, before)
    version = order.version
    steps = STEPS[word][before]

    if steps is None:
        with pytest.raises(InvalidTransition):
            track(shop, event(word, order=order.id))
        assert shop.queries.get(order.id) == order
        assert not shop.store.inbox  # a dead-lettered event can be replayed
        return
    outcome = track(shop, event(word.lower(), order=order.number))

    assert outcome is (TrackingOutcome.APPLIED if steps else TrackingOutcome.OUTDATED)
    assert [entry.to_status for entry in shop.queries.history(order.id)[version:]] == steps
    assert shop.queries.get(order.id).version == version + len(steps)


def test_table_covers_every_status() -> None:
    assert STEPS.keys() == TRANSITIONS_BY_CARRIER_STATUS.keys()
    assert all(list(row) == list(OrderStatus) for row in STEPS.values())


def test_history_names_carrier_and_event(shop: InMemoryShop) -> None:
    order = shop.place()

    track(shop, event("DELIVERED", id="evt-7", order=order.id))

    history = shop.queries.history(order.id)
    assert [(entry.actor, entry.role, entry.request_id) for entry in history[1:]] == [
        ("carrier", Role.SYSTEM, "evt-7")
    ] * 2
    assert rebuild(history, number=order.number) == shop.queries.get(order.id)


def test_repeated_event_is_applied_once(shop: InMemoryShop) -> None:
    order = shop.place()
    idempotency_key = event("SHIPPED", order=order.id)

    outcomes = [track(shop, idempotency_key) for _ in range(100)]

    assert outcomes == [TrackingOutcome.APPLIED] + [TrackingOutcome.REPEATED] * 99
    assert shop.queries.get(order.id).version == 2
    assert len(notifications(shop, order)) == 1


def test_event_id_is_unique_whatever_the_content(shop: InMemoryShop) -> None:
    first, second = shop.place(), shop.place()
    track(shop, event("SHIPPED", id="same", order=first.id))

    assert track(shop, event("DELIVERED", id="same", order=second.id)) is TrackingOutcome.REPEATED

    assert shop.queries.get(second.id).status is P


@pytest.mark.parametrize("seed", range(effort(2, 5)))
def test_shuffled_events_never_go_backwards(shop: InMemoryShop, seed: int) -> None:
    order = shop.place()
    chance = Random(seed)
    words = [chance.choice(["CONFIRMED", "IN_TRANSIT", "SHIPPED"]) for _ in range(990)] + ["DELIVERED"] * 10
    chance.shuffle(words)
    places = []

    for word in words:
        track(shop, event(word, order=order.id))
        places.append(list(OrderStatus).index(shop.queries.get(order.id).status))

    assert places == sorted(places)
    after = shop.queries.get(order.id)
    assert after.status is D
    published = notifications(shop, order)
    assert [message.version for message in published] == list(range(2, after.version + 1))  # one per change


@settings(max_examples=60)
@given(st.lists(st.sampled_from(sorted(TRANSITIONS_BY_CARRIER_STATUS)), max_size=8), st.sampled_from([P, C, PAID, S]))
def test_history_and_events_stay_consistent(words: list[str], before: OrderStatus) -> None:
    shop = InMemoryShop()
    order = at(shop, before)

    for word in words:
        try:
            track(shop, event(word, order=order.id))
        except InvalidTransition:
            continue

    after = shop.queries.get(order.id)
    assert rebuild(shop.queries.history(order.id), number=order.number) == after
    assert len(notifications(shop, order)) == after.version - 1  # none for the placement
    published = [
        message.event for message in shop.in_state(*OutboxState) if message.event.type != "orders.user_notification.v1"
    ]
    assert [message.version for message in published] == list(range(1, after.version + 1))


def test_failed_parcel_releases_stock_once(shop: InMemoryShop) -> None:
    tea = stocked(shop, 10)
    placed = order(shop, (tea, 4), origin=Origin.OSTORE)

    track(shop, event("FAILED", order=placed.id))
    track(shop, event("RETURNED", order=placed.id))

    assert shop.queries.get(placed.id).status is X
    assert left(shop, tea) == 10


@pytest.mark.clause("003-08")
def test_notification_has_stable_id_and_text(shop: InMemoryShop) -> None:
    order = shop.place()

    track(shop, event("DELIVERED", order=order.id))

    first, second = notifications(shop, order)
    id_ = uuid5(order.id, "orders.user_notification.v1 2")  # consumers store the ids
    assert (first.id, first.version) == (id_, 2)
    assert first.data == {
        "user_id": "ada",
        "number": order.number,
        "status": "SHIPPED",
    }
    assert (second.version, second.data["status"]) == (3, "DELIVERED")


def test_cache_drops_the_old_order(shop: InMemoryShop) -> None:
    placed = shop.place()
    shop.get(placed.id)

    track(shop, event("SHIPPED", order=placed.id))

    assert shop.get(placed.id).status is S


def test_order_is_found_by_shipment(shop: InMemoryShop) -> None:
    placed = Order.place(
        order_id=new_id(), origin=Origin.ORDERS, items=items(), total=TOTAL, shipment_id="SHIP-1", by=ADMIN, at=NOON
    )  # fmt: skip
    with shop.unit_of_work() as uow:
        uow.orders.add(placed)
        uow.commit()

    assert track(shop, event("SHIPPED", shipment_id="SHIP-1")) is TrackingOutcome.APPLIED
    assert track(shop, event("DELIVERED", order=placed.id, shipment_id="SHIP-1")) is TrackingOutcome.APPLIED
    with pytest.raises(InvalidValue, match="must be that of its order"):
        track(shop, event("DELIVERED", order=placed.id, shipment_id="SHIP-2"))


@pytest.mark.parametrize(
    "unknown", [{"order": 4711}, {"order": new_id()}, {"shipment_id": "SHIP-9"}], ids=["number", "id", "shipment"]
)
def test_unknown_order_can_be_retried(shop: InMemoryShop, unknown: dict[str, Any]) -> None:
    with pytest.raises(OrderNotFound):
        track(shop, event("SHIPPED", **unknown))

    assert not shop.store.inbox


def test_clock_skew_of_five_minutes_is_accepted(shop: InMemoryShop) -> None:
    order = shop.place()

    with pytest.raises(InvalidValue, match="future"):
        track(shop, event("SHIPPED", order=order.id, occurred_at=NOON + MAX_CLOCK_SKEW + timedelta(microseconds=1)))
    assert track(shop, event("SHIPPED", order=order.id, occurred_at=NOON + MAX_CLOCK_SKEW)) is TrackingOutcome.APPLIED


@each_case(
    "wrong",
    [
        {"id": ""},
        {"id": "x" * 256},
        {"id": "nul\x00"},
        {"id": "\ud800"},
        {"order": None},
        {"order": None, "shipment_id": ""},
        {"shipment_id": "x" * 65},
        {"shipment_id": "nul\x00"},
        {"order": 0},
        {"order": -1},
        {"order": 10**18},
        {"status": "LOST"},
        {"status": ""},
        {"status": "ın_transit"},
        {"status": "ſhipped"},
        {"status": "PAID"},
        {"status": "CANCELED"},
    ],
)
def test_invalid_event_is_rejected(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        event(**dict[str, Any](status="SHIPPED", order=1) | wrong)


@pytest.mark.clause("002-29")
def test_change_by_another_actor_notifies_user(shop: InMemoryShop) -> None:
    placed = shop.place()
    shop.change(placed.id, PAID)
    assert notifications(shop, placed) == []

    shop.administer(placed.id, S)
    shop.administer(placed.id, S)

    (notification,) = notifications(shop, placed)
    assert (notification.version, notification.data["status"], notification.data["user_id"]) == (3, "SHIPPED", "ada")


def test_user_named_like_carrier_is_notified(shop: InMemoryShop) -> None:
    placed = shop.place(by=Actor(subject="carrier"))

    track(shop, event("SHIPPED", order=placed.id))

    assert len(notifications(shop, placed)) == 1


def test_failed_commit_leaves_event_unrecorded(shop: InMemoryShop, monkeypatch: pytest.MonkeyPatch) -> None:
    order = shop.place()
    idempotency_key = event("SHIPPED", order=order.id)

    def fail(_: object) -> None:
        raise OrdersError

    with monkeypatch.context() as patched:
        patched.setattr(InMemoryUnitOfWork, "commit", fail)
        with pytest.raises(OrdersError):
            track(shop, idempotency_key)

    assert (shop.store.inbox, notifications(shop, order)) == ({}, [])
    assert track(shop, idempotency_key) is TrackingOutcome.APPLIED


def test_backward_status_is_outdated_or_invalid(shop: InMemoryShop) -> None:
    order = at(shop, S)

    assert track(shop, event("CONFIRMED", order=order.id)) is TrackingOutcome.OUTDATED
    assert shop.queries.get(order.id) == order

    canceled = at(shop, X)
    with pytest.raises(InvalidTransition, match="CANCELED cannot become SHIPPED"):
        track(shop, event("SHIPPED", order=canceled.id))
