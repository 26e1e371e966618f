"""Contract of OrderRepository: committed orders are stored unchanged."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from orders_adapters.testing.examples import ADA, GRACE, NOON, items, new_id, only, placed
from orders_adapters.testing.json_objects import JSON_OBJECTS
from orders_adapters.testing.stores import StoreHarness
from orders_domain import Actor, CustomItem, Money, Order, OrderStatus, Origin, Role
from orders_domain.errors import OrderExists, OrderNotFound, StaleOrder
from orders_domain.model.history import HistoryEntry
from orders_domain.model.order import rebuild

AS_SENT: dict[str, Any] = {
    "zebra before apple": 1,
    "apple": {"z": None, "a": [True, False, []], "m": {}},
    "name": 'Lámpara 💡 电灯 \u202e\x01\x7f\u2028 \\u0000 "quoted" \'; DROP TABLE orders; --',
    "tenth": 0.1,
    "small": 1e-7,
    "tiny": 5e-324,
    "huge": 1.7976931348623157e308,
    "one, and one point nothing": [1, 1.0],
    "minus nothing": -0.0,
    "sum of tenths": 0.1 + 0.2,
    "beyond 2^53": 2**53 + 1,
    "largest": 2**63 - 1,
    "least": -(2**63),
    "": "",
    "💡": "<script>alert(1)</script>",
}


def as_json(line: CustomItem) -> str:
    """JSON text, because it distinguishes member order, 1 from 1.0 and 0.0 from -0.0."""
    return json.dumps(line.content)


def who(entry: HistoryEntry) -> tuple[object, ...]:
    return entry.kind, entry.actor, entry.role, entry.request_id, entry.from_status, entry.to_status


# One store serves all examples of a test, and several subclasses run the test.
UNISOLATED = [HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]


class OrderRepositoryTests:
    """Promises of ``OrderRepository``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_new_order_is_stored_with_its_number(self, store: StoreHarness) -> None:
        order = placed(by=ADA)

        store.add(order)

        assert order.number == 1
        assert order.new_entries == []
        assert store.queries.get(order.id) == order
        with store.unit_of_work() as uow:
            assert uow.orders.get_for_update(order.id) == order

    def test_items_are_stored_unchanged(self, store: StoreHarness) -> None:
        order = placed(lines=(CustomItem(AS_SENT), CustomItem({"nested": [[[[{"deep": AS_SENT}]]]]}), CustomItem({})))

        store.add(order)

        stored = store.queries.get(order.id)
        assert [as_json(line) for line in stored.items] == [as_json(line) for line in order.items]
        assert rebuild(store.queries.history(order.id), number=order.number) == order

    @given(sent=JSON_OBJECTS)
    @settings(max_examples=25, suppress_health_check=UNISOLATED)
    def test_any_item_is_stored_unchanged(self, store: StoreHarness, sent: dict[str, Any]) -> None:
        order = placed(lines=(CustomItem(sent), CustomItem({"note": "so that there is no sum"})))

        store.add(order)

        assert as_json(store.queries.get(order.id).items[0]) == as_json(order.items[0])

    @pytest.mark.parametrize(
        "moment",
        [
            datetime(2026, 3, 14, 12, 0, 0, 1, tzinfo=UTC),
            datetime(2026, 3, 14, 12, 0, 0, 0, tzinfo=UTC),
            datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
            datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=5, minutes=45))),
            datetime(1970, 1, 1, tzinfo=UTC),
        ],
        ids=str,
    )
    def test_timestamps_are_stored_to_the_microsecond(self, store: StoreHarness, moment: datetime) -> None:
        order = placed(at=moment)

        store.add(order)

        stored = store.queries.get(order.id)
        assert (stored.created_at, stored.updated_at) == (moment, moment)
        assert stored.created_at.utcoffset() is not None
        assert store.queries.history(order.id)[0].at == moment

    @pytest.mark.parametrize("total", [Money(0, "USD"), Money(10**12, "JPY"), Money(1_234, "BHD")], ids=str)
    def test_total_is_stored_to_the_minor_unit(self, store: StoreHarness, total: Money) -> None:
        order = Order.place(
            order_id=new_id(), origin=Origin.ORDERS, items=items({"sku": "LAMP-1"}), total=total, by=ADA, at=NOON
        )

        store.add(order)

        assert store.queries.get(order.id).total == total

    @pytest.mark.parametrize("origin", Origin)
    def test_origin_is_stored_and_restored(self, store: StoreHarness, origin: Origin) -> None:
        order = placed(origin=origin)

        store.add(order)

        with store.unit_of_work() as uow:
            held = uow.orders.get_for_update(order.id)
        assert held.origin is store.queries.get(order.id).origin is origin
        assert store.queries.history(order.id)[0].details["origin"] == origin.value

    def test_thousand_items_are_stored_in_order(self, store: StoreHarness) -> None:
        order = placed(lines=tuple(CustomItem({"line": number}) for number in range(1_000)))

        store.add(order)

        assert store.queries.get(order.id).items == order.items

    def test_changed_order_is_stored_with_history(self, store: StoreHarness) -> None:
        clerk = Actor(subject="клерк 💡", role=Role.ADMIN, request_id=None)
        order = store.placed(by=ADA)
        with store.unit_of_work() as uow:
            held = uow.orders.get_for_update(order.id)
            held.change_status(only(OrderStatus.CONFIRMED), by=GRACE, at=NOON + timedelta(microseconds=1))
            held.change_status(only(OrderStatus.PAID), by=clerk, at=NOON + timedelta(days=1))
            uow.orders.save(held)
            uow.commit()

        history = store.queries.history(order.id)

        assert held.new_entries == []
        assert store.queries.get(order.id) == held
        assert rebuild(history, number=order.number) == held
        assert [who(entry) for entry in history] == [
            ("placed", "ada", Role.CUSTOMER, "request-of-ada", None, OrderStatus.PENDING),
            ("status_changed", "grace", Role.CUSTOMER, "request-of-grace", OrderStatus.PENDING, OrderStatus.CONFIRMED),
            ("status_changed", "клерк 💡", Role.ADMIN, None, OrderStatus.CONFIRMED, OrderStatus.PAID),
        ]
        assert [message.event.version for message in store.events()] == [1, 2, 3]

    def test_order_numbers_start_at_one(self, store: StoreHarness) -> None:
        assert [store.placed().number for _ in range(3)] == [1, 2, 3]

    def test_stored_orders_are_copies(self, store: StoreHarness) -> None:
        order = placed(lines=(CustomItem({"tags": ["new"]}),))
        store.add(order)

        for mine in (order, store.queries.get(order.id)):
            mine.change_status(only(OrderStatus.CANCELED), by=ADA, at=NOON)
            mine.items[0].content["tags"].append("changed")  # type: ignore[union-attr]

        stored = store.queries.get(order.id)
        assert stored.status is OrderStatus.PENDING
        assert stored.items == items({"tags": ["new"]})

    def test_unknown_order_cannot_be_locked(self, store: StoreHarness) -> None:
        unknown = new_id()
        with pytest.raises(OrderNotFound) as refusal, store.unit_of_work() as uow:
            uow.orders.get_for_update(unknown)

        assert refusal.value.order_id == unknown

    def test_duplicate_order_id_is_rejected(self, store: StoreHarness) -> None:
        order = placed(by=ADA)
        store.add(order)
        again = Order.place(
            order_id=order.id, origin=Origin.ORDERS, items=items(), total=order.total, by=GRACE, at=NOON
        )

        with pytest.raises(OrderExists):
            store.add(again)

        assert store.queries.get(order.id) == order
        assert len(store.events()) == len(store.queries.history(order.id)) == 1

    def test_stale_version_is_rejected(self, store: StoreHarness) -> None:
        order = store.placed()
        present = store.changed(order, OrderStatus.PAID)
        order.change_status(only(OrderStatus.CANCELED), by=GRACE, at=NOON)

        with pytest.raises(StaleOrder), store.unit_of_work() as uow:
            uow.orders.save(order)

        assert store.queries.get(order.id) == present
        assert len(store.queries.history(order.id)) == len(store.events()) == 2

    def test_unstored_order_is_stale(self, store: StoreHarness) -> None:
        order = placed()
        order.new_entries.clear()
        order.change_status(only(OrderStatus.PAID), by=ADA, at=NOON)

        with pytest.raises(StaleOrder), store.unit_of_work() as uow:
            uow.orders.save(order)

    def test_unchanged_order_is_not_saved(self, store: StoreHarness) -> None:
        order = store.placed()
        present = store.changed(order, OrderStatus.PAID)

        with store.unit_of_work() as uow:
            uow.orders.save(order)  # stale, but without changes to save
            uow.commit()

        assert store.queries.get(order.id) == present
