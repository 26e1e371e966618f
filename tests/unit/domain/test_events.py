"""Events of an order: one per version, with stable names and ids."""

from uuid import uuid5

from hypothesis import given
from hypothesis import strategies as st

from orders_adapters.testing.examples import ADA, GRACE, NOON, only, placed
from orders_domain import Event, OrderStatus
from orders_domain.model import events
from orders_domain.model.order import Order


def events_of(order: Order) -> list[Event]:
    return [events.event_for(entry, order) for entry in order.new_entries]


def test_placed_event_has_the_complete_order() -> None:
    order = placed(by=ADA, at=NOON)

    (event,) = events_of(order)

    assert event.type == "orders.order_placed.v1"
    assert (event.order_id, event.version, event.at) == (order.id, 1, NOON)
    assert event.data == {
        "order_id": str(order.id),
        "user_id": "ada",
        "status": "PENDING",
        "previous_status": None,
        "total_minor": 7550,
        "currency": "USD",
        "origin": "orders",
    }


def test_status_changes_publish_contract_events() -> None:
    order = placed()
    order.change_status(only(OrderStatus.PAID), by=ADA, at=NOON)
    order.change_status(only(OrderStatus.CANCELED), by=GRACE, at=NOON)

    assert [
        (event.type, event.version, event.data["previous_status"], event.data["status"]) for event in events_of(order)
    ] == [
        ("orders.order_placed.v1", 1, None, "PENDING"),
        ("orders.order_status_changed.v1", 2, "PENDING", "PAID"),
        ("orders.order_canceled.v1", 3, "PAID", "CANCELED"),
    ]


def test_event_has_the_status_of_its_version() -> None:
    order = placed()
    (placing,) = order.new_entries
    order.change_status(only(OrderStatus.SHIPPED), by=ADA, at=NOON)

    assert events.event_for(placing, order).data["status"] == "PENDING"


@given(st.integers(1, 5))
def test_event_id_is_stable_per_order_and_version(repetitions: int) -> None:
    lamp, cable = placed(), placed()
    for order in (lamp, cable):
        order.change_status(only(OrderStatus.PAID), by=ADA, at=NOON)
        order.change_status(only(OrderStatus.SHIPPED), by=ADA, at=NOON)

    ids = [tuple(event.id for event in [*events_of(lamp), *events_of(cable)]) for _ in range(repetitions)]

    assert len(set(ids)) == 1
    assert len(set(ids[0])) == 6
    assert ids[0][0] == uuid5(lamp.id, "1")  # the ids must stay stable across releases because consumers store them
