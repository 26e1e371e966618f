"""Consistency checks: each corruption is found and repaired, and what a running service does is no finding."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, delete, event, select, text, update

from orders_adapters.sql import tables
from orders_adapters.sql.consistency.store import SqlConsistencyChecks
from orders_adapters.testing.examples import ADMIN
from orders_domain import Order, OrderStatus, use_cases
from orders_domain.model.consistency.finding import FindingKind
from orders_domain.model.order import rebuild
from tests.contract.sql.consistency.corruptions import CORRUPTIONS, ON_POSTGRESQL, Store, kinds
from tests.support.shop import an_order

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
NOBODY_KNOWS = {FindingKind.ORDER_HISTORY, FindingKind.UNREADABLE_ROW}
"""The kinds that no repair ends."""


@pytest.fixture
def store(engine: Engine) -> Iterator[Store]:
    store = Store(engine)
    yield store
    store.close()


def test_each_corruption_is_found_and_repaired(store: Store, engine: Engine) -> None:
    planted = {**CORRUPTIONS, **(ON_POSTGRESQL if engine.dialect.name == "postgresql" else {})}
    assert store.check() == ([], [])
    results = {}

    for kind, plant in planted.items():
        plant(store)
        found, _ = store.check()
        _, repaired = store.check(repair=True)
        results[kind] = (kinds(found), sorted(each.text for each in found) == sorted(each.text for each in repaired))
    remaining = store.check(repair=True)

    # Without a movement, the stock is not the sum of its ledger until the movement is recorded again.
    expected = {kind: ([kind], True) for kind in planted}
    expected[FindingKind.STOCK_MOVEMENTS] = ([FindingKind.STOCK_MOVEMENTS, FindingKind.STOCK], False)
    assert results == expected
    assert remaining == ([], [])
    assert {*CORRUPTIONS, *ON_POSTGRESQL, *NOBODY_KNOWS} == set(FindingKind)


def test_repair_of_order_is_in_its_history(store: Store) -> None:
    store.change(status=OrderStatus.CANCELED)
    before = store.container.queries().history(store.order.id)

    store.check(repair=True)

    after = store.container.queries().history(store.order.id)
    assert after[:-1] == before
    assert "status is CANCELED, and the history says PENDING" in str(after[-1].details)
    assert rebuild(after, number=store.order.number) == store.container.queries().get(store.order.id)


def test_changed_shipment_is_what_its_history_says(store: Store) -> None:
    lost = {"tracking_number": "JD014600", "events": []}
    content = store.order.life.shipments[0].as_json()
    store.run(update(tables.shipments).values(content=content | lost))

    found, repaired = store.check(repair=True)

    text = f"The shipment {store.order.life.shipments[0].id} is not what the history says."
    assert [(each.kind, each.text) for each in repaired] == [(FindingKind.SHIPMENTS, text)]
    stored = store.container.queries().get(store.order.id)
    assert (found, stored.version) == ([], store.order.version + 1)
    assert stored.life.shipments == store.order.life.shipments


def test_repair_of_stock_is_in_product_history(store: Store) -> None:
    stock = store.container.product_catalog().get(store.product).stock
    store.run(update(tables.products).values(stock_quantity=stock + 5))

    store.check(repair=True)

    assert store.container.product_catalog().get(store.product).stock == stock
    changes = store.container.product_catalog().history(store.product, limit=1).changes
    assert changes[0].changes == {"stock": {"from": stock + 5, "to": stock}}


def test_lost_history_is_reported_and_not_repaired(store: Store) -> None:
    history = tables.order_history
    store.run(delete(history).where(history.c.order_id == store.order.id, history.c.version == 3))

    found, repaired = store.check(repair=True)

    assert [(each.kind, each.repairable) for each in found] == [(FindingKind.ORDER_HISTORY, False)]
    assert "lacks version 3" in found[0].text
    assert repaired == []


def test_refused_repair_remains(store: Store) -> None:
    """Another order has the payment fact of this one, so that its key refuses the repair."""
    other = store.container.place_order(an_order())
    store.run(update(tables.payment_facts).values(order_id=other.id))
    store.change(is_held=True)

    found, repaired = store.check(repair=True)

    assert {(each.kind, each.key, each.repairable) for each in found} == {
        (FindingKind.PAYMENT_FACTS, store.order.id, True),
        (FindingKind.ORDER_AXES, store.order.id, True),
        (FindingKind.PAYMENT_FACTS, other.id, False),
    }
    assert repaired == []
    assert store.container.queries().get(store.order.id).version == store.order.version


def test_change_during_examination_is_no_finding(store: Store, engine: Engine) -> None:
    """The order changes between the statement that reads its row and the one that reads its history."""
    noted = use_cases.AnnotateOrder(actor=ADMIN, order_id=store.order.id, tags=("new",))
    changed: list[Order] = []

    def change(connection: object, cursor: object, statement: str, *_: object) -> None:
        if not changed and "FROM orders" in statement:
            changed.append(store.container.annotate_order(noted))

    event.listen(engine, "after_cursor_execute", change)
    examined = SqlConsistencyChecks(engine).examine("orders", after=None, now=store.order.updated_at)

    assert changed[0].version == store.order.version + 1
    assert (examined.findings, examined.count) == ((), 1)


def test_moment_of_another_transaction_is_not_repaired(on_postgresql: Engine) -> None:
    """The change is undone while the repair waits for the lock, so that it finds nothing."""
    store, checks = Store(on_postgresql), SqlConsistencyChecks(on_postgresql)
    result = []

    def repair() -> None:
        result.append(checks.repair("orders", store.order.id, by=ADMIN, at=store.order.updated_at))

    store.change(is_held=True)
    with on_postgresql.begin() as connection:
        of = tables.orders.c.id == store.order.id
        connection.execute(select(tables.orders.c.id).where(of).with_for_update())
        thread = threading.Thread(target=repair)
        thread.start()
        _wait_for_lock(on_postgresql)
        connection.execute(update(tables.orders).where(of).values(is_held=False))
    thread.join()

    assert (result[0].repaired, result[0].remaining) == ((), ())
    assert store.container.queries().get(store.order.id).version == store.order.version
    store.close()


def _wait_for_lock(engine: Engine) -> None:
    """Return when a transaction waits for a lock; in a transaction of its own, which reads the activity once."""
    for _ in range(200):
        with engine.connect() as connection:
            if connection.scalar(WAITING):
                return
        time.sleep(0.01)
    raise AssertionError("No transaction waits for the lock.")
