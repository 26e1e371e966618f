"""Contract of OrderQueries about the life of orders: filters, sorted pages, orders that expire and open orders."""

from datetime import timedelta

import pytest

from orders_adapters.testing.catalog.inventory import Inventory, order_of
from orders_adapters.testing.examples import ADMIN, NOON, placed
from orders_adapters.testing.life.order_life import changed, of_shop, paid, refunding, shipped
from orders_adapters.testing.stores import StoreHarness
from orders_domain import Order, OrderFilter, OrderStatus, Origin
from orders_domain.model.life import changes
from orders_domain.model.life.axes import FulfillmentStatus, PaymentStatus
from orders_domain.model.life.open_orders import RefundBacklog
from orders_domain.model.order_filter import Sort


class OrderLifeQueriesTests:
    """Promises about queries by the life of orders.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_orders_are_found_by_their_life(self, store: StoreHarness) -> None:
        held, tagged, plain = of_shop("R-1"), of_shop("R-2", tags=("gift", "vip")), placed()
        store.add(held, tagged, plain)
        with store.unit_of_work() as uow:
            present = uow.orders.get_for_update(held.id)
            changes.hold(present, "address", by=ADMIN, at=NOON)
            uow.orders.save(present)
            present = uow.orders.get_for_update(tagged.id)
            changes.annotate(present, tags=["vip"], by=ADMIN, at=NOON)
            uow.orders.save(present)
            uow.commit()

        def found(**conditions: object) -> set[object]:
            return {order.id for order in store.queries.search(OrderFilter(**conditions)).orders}  # type: ignore[arg-type]

        every = {held.id, tagged.id, plain.id}
        assert found(is_held=True) == {held.id}
        assert found(is_held=False) == every - {held.id}
        assert found(tag="vip") == {tagged.id}
        assert found(tag="gift") == set()
        assert found(source="shop", reference="R-2") == {tagged.id}
        assert found(origin=Origin.ORDERS) == {plain.id}
        assert found(payment_status=PaymentStatus.NONE) == every
        assert found(fulfillment_status=FulfillmentStatus.FULL) == set()
        assert found(currency="EUR") == set()
        assert found(sku="LAMP-1") == set()  # items of the client are no products

    def test_orders_are_found_by_the_sku_of_a_product(self, store: StoreHarness) -> None:
        inventory = Inventory(store)
        tea, milk = inventory.stocked(10, 10)
        first, second = order_of({tea: 1}), order_of({milk: 1})
        for order in (first, second):
            inventory.deduct(order)

        page = store.queries.search(OrderFilter(sku=store.catalog.get(tea).sku))

        assert [order.id for order in page.orders] == [first.id]

    def test_expiring_orders_are_the_earliest_unheld(self, store: StoreHarness) -> None:
        orders = [of_shop(expires_in=seconds) for seconds in (30, 10, 20, 40)] + [of_shop()]
        store.add(*orders)
        with store.unit_of_work() as uow:
            held = uow.orders.get_for_update(orders[2].id)
            changes.hold(held, "address", by=ADMIN, at=NOON)
            uow.orders.save(held)
            uow.commit()

        due = store.queries.expiring(before=NOON + timedelta(seconds=30), limit=10)

        assert list(due) == [orders[1].id, orders[0].id]
        assert list(store.queries.expiring(before=NOON + timedelta(seconds=99), limit=1)) == [orders[1].id]
        assert list(store.queries.expiring(before=NOON, limit=10)) == []

    def test_expiring_orders_are_unpaid_and_unshipped(self, store: StoreHarness) -> None:
        part_shipped, captured, first, second = (of_shop(expires_in=10) for _ in range(4))
        store.add(part_shipped, captured, first, second)
        shipped(store, part_shipped, {1: 1})
        paid(store, captured, amount=8_000)
        changed(store, captured, {1: 2})  # so that no more is due

        before = NOON + timedelta(seconds=30)
        assert set(store.queries.expiring(before=before, limit=10)) == {first.id, second.id}
        pages = [store.queries.expiring(before=before, limit=1, offset=offset) for offset in range(3)]
        assert [*pages[0], *pages[1]] == list(store.queries.expiring(before=before, limit=2))
        assert list(pages[2]) == []

    def test_open_orders_are_counted_by_their_axes(self, store: StoreHarness) -> None:
        held, part_shipped, plain, canceled = (of_shop() for _ in range(4))
        store.add(held, part_shipped, plain, canceled)
        shipped(store, part_shipped, {1: 1})
        changed(store, canceled, {1: 2, 2: 3})
        with store.unit_of_work() as uow:
            present = uow.orders.get_for_update(held.id)
            changes.hold(present, "address", by=ADMIN, at=NOON + timedelta(seconds=5))
            uow.orders.save(present)
            uow.commit()

        groups = store.queries.open_orders(limit=10)

        none, part = FulfillmentStatus.NONE, FulfillmentStatus.PART
        assert {(group.fulfillment, group.is_held): group.count for group in groups} == {
            (none, True): 1,
            (part, False): 1,
            (none, False): 1,
        }
        assert {group.oldest_change for group in groups if group.is_held} == {NOON + timedelta(seconds=5)}
        assert {(group.status, group.payment) for group in groups} == {(OrderStatus.PENDING, PaymentStatus.NONE)}
        assert sum(group.count for group in store.queries.open_orders(limit=2)) == 2

    def test_unanswered_refunds_are_counted(self, store: StoreHarness) -> None:
        assert store.queries.refund_backlog(limit=10) == RefundBacklog(orders=0)
        orders = [of_shop() for _ in range(3)]
        store.add(*orders)
        for order in orders[:2]:
            paid(store, order, amount=100, reference=str(order.id))
            refunding(store, order, 60)

        backlog = store.queries.refund_backlog(limit=10)

        changes = [store.queries.get(order.id).updated_at for order in orders[:2]]
        assert backlog == RefundBacklog(orders=2, oldest_change=min(changes))
        assert store.queries.refund_backlog(limit=1).orders == 1

    @pytest.mark.parametrize("sort", Sort)
    def test_pages_follow_the_sort(self, store: StoreHarness, sort: Sort) -> None:
        for number in range(5):
            order = of_shop(f"R-{number}")
            store.add(order)
            if number % 2:
                changed(store, order, {1: 1})
        expected = sorted(store.queries.search(OrderFilter()).orders, key=sort.key, reverse=sort.is_descending)

        seen: list[Order] = []
        cursor = None
        while True:
            page = store.queries.search(OrderFilter(sort=sort, limit=2, cursor=cursor))
            seen += page.orders
            if (cursor := page.next_cursor) is None:
                break

        assert [order.id for order in seen] == [order.id for order in expected]
