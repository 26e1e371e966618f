"""Contract of StockHoldRepository and StockHoldQueries: units are taken and given back once, and never sold twice."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from orders_adapters.testing.catalog.inventory import Inventory, order_of
from orders_adapters.testing.examples import ADA, GRACE, NOON, new_id
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once
from orders_domain import IdempotencyKey
from orders_domain.errors import IdempotencyKeyReused, InsufficientStock
from orders_domain.model.life.open_orders import StockHoldBacklog
from orders_domain.model.life.stock_hold import DuplicateStockHold, StockHold, StockHoldNotFound
from orders_domain.model.product import ProductId
from orders_domain.model.product_audit import MovementKind
from orders_domain.ports.unit_of_work import UnitOfWork

KEY = IdempotencyKey(subject="ada", scope="shop", key="k", fingerprint="f")


def hold_of(
    quantities: Mapping[ProductId, int], *, user_id: str = ADA.subject, seconds: int = 60, at: datetime = NOON
) -> StockHold:
    return StockHold.start(new_id(), user_id=user_id, quantities=quantities, seconds=seconds, at=at)


def held(inventory: Inventory, hold: StockHold, key: IdempotencyKey | None = None) -> StockHold:
    inventory.commit(lambda uow: uow.stock_holds.add(hold, idempotency_key=key, by=ADA))
    return hold


def ended(inventory: Inventory, hold_id: UUID) -> bool:
    """End the hold; return False if it has ended before."""

    def step(uow: UnitOfWork) -> None:
        uow.stock_holds.end([uow.stock_holds.get_for_update(hold_id)], by=ADA, at=NOON)

    try:
        inventory.commit(step)
    except StockHoldNotFound:
        return False
    return True


class StockHoldTests:
    """Promises of ``StockHoldRepository`` and ``StockHoldQueries``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    @pytest.fixture
    def inventory(self, store: StoreHarness) -> Inventory:
        return Inventory(store)

    def test_hold_takes_units_and_gives_them_back_once(self, inventory: Inventory) -> None:
        tea, milk = inventory.stocked(10, 5)
        hold = held(inventory, hold_of({tea: 4, milk: 5}))
        assert inventory.store.stock_holds.get(hold.id) == hold
        assert inventory.ledger().stock == {tea: 6, milk: 0}

        later = held(inventory, hold_of({tea: 1}, seconds=90, at=NOON + timedelta(seconds=1)))
        queries = inventory.store.stock_holds
        assert queries.backlog(limit=10) == StockHoldBacklog(open=2, oldest=NOON, earliest_expiry=hold.expires_at)
        assert queries.backlog(limit=1).open == 1
        assert [ended(inventory, known) for known in (later.id, hold.id, hold.id)] == [True, True, False]
        assert queries.backlog(limit=10) == StockHoldBacklog(open=0)

        ledger = inventory.ledger()
        ledger.require_agreement()
        assert ledger.stock == {tea: 10, milk: 5}
        moved = [(entry.kind, entry.product_id, entry.quantity) for entry in ledger.movements[2:]]
        assert sorted(moved, key=lambda entry: entry[0].value) == [
            (MovementKind.HELD, tea, -4),
            (MovementKind.HELD, milk, -5),
            (MovementKind.HELD, tea, -1),
            (MovementKind.HOLD_ENDED, tea, 1),
            (MovementKind.HOLD_ENDED, tea, 4),
            (MovementKind.HOLD_ENDED, milk, 5),
        ]
        with pytest.raises(StockHoldNotFound):
            inventory.store.stock_holds.get(hold.id)

    def test_shortage_holds_nothing(self, inventory: Inventory) -> None:
        tea, milk = inventory.stocked(10, 3)
        before = inventory.ledger()

        with pytest.raises(InsufficientStock) as refusal:
            held(inventory, hold_of({tea: 10, milk: 4}))

        assert [(lack.product_id, lack.requested, lack.available) for lack in refusal.value.shortages] == [(milk, 4, 3)]
        assert inventory.ledger() == before
        assert inventory.store.stock_holds.search(None, limit=10).holds == ()

    def test_key_holds_once_for_24_hours(self, inventory: Inventory) -> None:
        [tea] = inventory.stocked(10)
        first = held(inventory, hold_of({tea: 1}), KEY)
        ended(inventory, first.id)
        for later, key, refusal in (
            (timedelta(hours=23), KEY, DuplicateStockHold),
            (timedelta(hours=23), replace(KEY, fingerprint="g"), IdempotencyKeyReused),
        ):
            with pytest.raises(refusal) as error:
                held(inventory, hold_of({tea: 1}, at=NOON + later), key)
            assert getattr(error.value, "hold", first) == first

        held(inventory, hold_of({tea: 2}, at=NOON + timedelta(hours=24)), KEY)
        assert inventory.ledger().stock == {tea: 8}

    def test_holds_are_listed_and_due_by_their_time(self, inventory: Inventory) -> None:
        [tea] = inventory.stocked(10)
        late, early = (held(inventory, hold_of({tea: 1}, seconds=seconds)) for seconds in (90, 30))
        other = held(inventory, hold_of({tea: 1}, user_id=GRACE.subject, seconds=60))
        queries = inventory.store.stock_holds

        page = queries.search(ADA.subject, limit=1)
        assert (page.holds, page.next_before) == ((early,), early.id)
        assert queries.search(ADA.subject, limit=1, before=early.id).holds == (late,)
        assert queries.search(None, limit=10).holds == (other, early, late)
        assert queries.due(before=NOON + timedelta(seconds=60), limit=10) == [early.id, other.id]
        assert queries.due(before=NOON + timedelta(days=1), limit=1) == [early.id]
        ended(inventory, early.id)
        assert queries.due(before=NOON + timedelta(seconds=60), limit=10) == [other.id]

    def test_holds_of_user_are_found_by_product(self, inventory: Inventory) -> None:
        tea, milk = inventory.stocked(10, 10)
        late, early = (held(inventory, hold_of({tea: 1, milk: 1}, seconds=seconds)) for seconds in (90, 30))
        held(inventory, hold_of({tea: 1}, user_id=GRACE.subject))
        gone = held(inventory, hold_of({tea: 1}))
        ended(inventory, gone.id)

        with inventory.store.unit_of_work() as uow:
            assert list(uow.stock_holds.get_by_user_for_update(ADA.subject, [tea])) == [early, late]
            assert list(uow.stock_holds.get_by_user_for_update("nobody", [tea, milk])) == []
            assert list(uow.stock_holds.get_by_user_for_update(ADA.subject, [2**62])) == []
            uow.stock_holds.add(hold_of({milk: 1}), by=ADA)
            assert [uow.stock_holds.count(user) for user in (ADA.subject, GRACE.subject, "nobody")] == [3, 1, 0]

    def test_rollback_retains_hold(self, inventory: Inventory) -> None:
        [tea] = inventory.stocked(3)
        hold = held(inventory, hold_of({tea: 3}))

        with inventory.store.unit_of_work() as uow:
            uow.stock_holds.end([uow.stock_holds.get_for_update(hold.id)], by=ADA, at=NOON)

        assert (inventory.get(tea).stock, inventory.store.stock_holds.get(hold.id)) == (0, hold)

    def test_last_units_go_to_one_of_holds_and_orders(self, inventory: Inventory) -> None:
        [tea] = inventory.stocked(1)

        def hold() -> str:
            try:
                held(inventory, hold_of({tea: 1}))
            except InsufficientStock:
                return "none"
            return "held"

        def order() -> str:
            try:
                inventory.order({tea: 1})
            except InsufficientStock:
                return "none"
            return "ordered"

        outcomes = at_once(hold, order, hold, order)

        assert sorted(map(str, outcomes)).count("none") == 3
        inventory.ledger().require_agreement()
        assert inventory.get(tea).stock == 0

    def test_hold_ends_once_whoever_ends_it(self, inventory: Inventory) -> None:
        [tea] = inventory.stocked(5)
        hold = held(inventory, hold_of({tea: 5}))

        def take_over() -> bool:
            def step(uow: UnitOfWork) -> None:
                uow.stock_holds.end([uow.stock_holds.get_for_update(hold.id)], product_ids=[tea], by=ADA, at=NOON)
                order = order_of({tea: 5})
                uow.orders.add(order)
                uow.stock.deduct(order, by=ADA, at=NOON)

            try:
                inventory.commit(step)
            except StockHoldNotFound:
                return False
            return True

        took, *others = at_once(take_over, lambda: ended(inventory, hold.id), lambda: ended(inventory, hold.id))

        assert [took, *others].count(True) == 1
        inventory.ledger().require_agreement()
        assert inventory.get(tea).stock == (0 if took else 5)
