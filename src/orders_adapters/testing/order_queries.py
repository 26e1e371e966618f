"""Contract of OrderQueries: committed state, and lists that neither skip nor repeat an order."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from orders_adapters.testing.examples import ADA, GRACE, NOON, new_id, placed
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once
from orders_domain import Order, OrderStatus
from orders_domain.errors import OrderNotFound
from orders_domain.model.order import rebuild
from orders_domain.model.order_filter import OrderFilter, Page
from orders_domain.model.search.order_summary import OrderSummary


def pages(store: StoreHarness, user_id: str, *, limit: int) -> Iterator[Page]:
    order_filter = OrderFilter(user_id=user_id, limit=limit)
    while True:
        page = store.queries.search(order_filter)
        yield page
        if page.next_cursor is None:
            return
        order_filter = OrderFilter(user_id=user_id, limit=limit, cursor=page.next_cursor)


def newest_first(orders: list[Order]) -> list[Order]:
    return sorted(orders, key=lambda order: (order.created_at, order.id), reverse=True)


class OrderQueriesTests:
    """Promises of ``OrderQueries``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_list_is_newest_first_for_one_user(self, store: StoreHarness) -> None:
        mine = [placed(by=ADA, at=NOON + timedelta(seconds=seconds)) for seconds in (3, 1, 2)]
        store.add(*mine, placed(by=GRACE))

        page = store.queries.search(OrderFilter(user_id="ada"))

        assert list(page.orders) == newest_first(mine)
        assert page.next_cursor is None

    def test_list_is_limited_by_last_change(self, store: StoreHarness) -> None:
        early, late = placed(at=NOON), placed(at=NOON + timedelta(seconds=1))
        store.add(early, late)

        before = store.queries.search(OrderFilter(updated_before=late.updated_at))
        after = store.queries.search(OrderFilter(updated_since=late.updated_at))

        assert ([order.id for order in before.orders], [order.id for order in after.orders]) == ([early.id], [late.id])

    def test_equal_timestamps_sort_by_descending_id(self, store: StoreHarness) -> None:
        mine = [placed(by=ADA, at=NOON) for _ in range(5)]
        store.add(*mine)

        assert list(store.queries.search(OrderFilter(user_id="ada")).orders) == newest_first(mine)

    def test_list_sorts_by_microsecond(self, store: StoreHarness) -> None:
        midnight = NOON.replace(microsecond=0)
        mine = [placed(by=ADA, at=midnight + timedelta(microseconds=step)) for step in (0, 1, 999_999, 500_000, 10)]
        store.add(*mine)

        assert [order for page in pages(store, "ada", limit=2) for order in page.orders] == newest_first(mine)

    def test_summaries_are_those_of_the_orders(self, store: StoreHarness) -> None:
        store.add(*(placed(by=by, at=NOON + timedelta(seconds=n)) for n, by in enumerate((ADA, GRACE, ADA, ADA))))
        of_ada = OrderFilter(user_id="ada")
        orders = store.queries.search(of_ada).orders

        first = store.queries.summaries(replace(of_ada, limit=2))
        rest = store.queries.summaries(replace(of_ada, limit=2, cursor=first.next_cursor))

        assert [*first.orders, *rest.orders] == list(map(OrderSummary.of, orders))
        assert (len(first.orders), rest.next_cursor) == (2, None)
        assert store.queries.summaries(replace(of_ada, offset=1, limit=1)).orders == (OrderSummary.of(orders[1]),)

    @pytest.mark.parametrize(("count", "limit"), [(3, 3), (4, 2), (5, 2), (1, 1)])
    def test_next_page_exists_only_if_orders_remain(self, store: StoreHarness, count: int, limit: int) -> None:
        store.add(*(placed(by=ADA) for _ in range(count)))

        sizes = [len(page.orders) for page in pages(store, "ada", limit=limit)]

        assert sum(sizes) == count
        assert len(sizes) == -(-count // limit)

    def test_user_ids_are_compared_exactly(self, store: StoreHarness) -> None:
        store.add(placed(by=ADA))

        for name in ("Ada", "ADA", "ada ", "adá", "ada%", "", "a_a", "' OR 1=1 --"):
            assert store.queries.search(OrderFilter(user_id=name)).orders == ()

    def test_unknown_order_raises_and_has_no_history(self, store: StoreHarness) -> None:
        unknown = new_id()

        with pytest.raises(OrderNotFound) as refusal:
            store.queries.get(unknown)

        assert refusal.value.order_id == unknown
        assert list(store.queries.history(unknown)) == []
        assert list(store.queries.history(10**18 - 1)) == []

    def test_unknown_user_has_no_orders(self, store: StoreHarness) -> None:
        assert store.queries.search(OrderFilter(user_id="nobody")) == Page(())

    def test_history_is_found_by_number_or_id(self, store: StoreHarness) -> None:
        order, _ = store.placed(), store.placed()
        store.changed(order, OrderStatus.PAID)
        assert order.number

        by_number = list(store.queries.history(order.number))

        assert [(entry.order_id, entry.version) for entry in by_number] == [(order.id, 1), (order.id, 2)]
        assert by_number == list(store.queries.history(order.id))

    def test_deleted_order_retains_its_history(self, store: StoreHarness) -> None:
        order = store.placed()
        with store.unit_of_work() as uow:
            held = uow.orders.get_for_update(order.id)
            held.delete(by=ADA, at=NOON)
            uow.orders.save(held)
            uow.commit()
        assert order.number

        for ref in (order.number, order.id):
            with pytest.raises(OrderNotFound):
                store.queries.get(ref)
            assert [entry.kind for entry in store.queries.history(ref)] == ["placed", "deleted"]

    def test_pages_return_each_order_once(self, store: StoreHarness) -> None:
        moments = [NOON + timedelta(seconds=seconds) for seconds in (0, 0, 0, 1, 1, 2)]
        existing = [placed(by=ADA, at=moment) for moment in moments * 4]
        store.add(*existing)

        seen: list[Order] = []
        for page in pages(store, "ada", limit=4):
            seen += page.orders
            store.add(*(placed(by=ADA, at=NOON + timedelta(seconds=seconds)) for seconds in (-1, 0, 1, 2, 9)))
            assert len(seen) < 200, "a list without an end"
            if page.orders[-1].created_at < NOON:
                break

        ids = [order.id for order in seen]
        assert len(set(ids)) == len(ids)
        assert {order.id for order in existing} <= set(ids)
        assert seen == newest_first(seen)

    def test_pages_are_stable_under_changes(self, store: StoreHarness) -> None:
        existing = [placed(by=ADA, at=NOON) for _ in range(9)]
        store.add(*existing)

        seen: list[Order] = []
        for page in pages(store, "ada", limit=3):
            seen += page.orders
            store.changed(seen[0] if len(seen) == 3 else existing[0], OrderStatus.CANCELED)

        assert [order.id for order in seen] == [order.id for order in newest_first(existing)]

    def test_order_and_history_are_consistent(self, store: StoreHarness) -> None:
        order = store.placed()
        steps = (OrderStatus.CONFIRMED, OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED)

        def change() -> None:
            for status in steps:
                store.changed(order, status)

        def look() -> None:
            for _ in range(30):
                present = store.queries.get(order.id)
                history = list(store.queries.history(order.id))[: present.version]
                assert rebuild(history, number=order.number) == present

        assert at_once(change, *[partial(look)] * 3) == [None] * 4
