"""Consistency checks of damaged rows: each is a finding, the others are examined, and a locked one is left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, insert, select, text, update

from orders_adapters.sql import tables
from orders_adapters.sql.consistency.store import SqlConsistencyChecks
from orders_adapters.testing.examples import ADMIN, new_id
from orders_domain.errors import InvalidValue
from orders_domain.model.consistency.finding import LOCKED, Finding, FindingKind, Key
from orders_domain.model.product_audit import MovementKind
from orders_domain.use_cases import CheckConsistency
from tests.contract.sql.consistency.corruptions import Store
from tests.support.shop import an_order

MAX = 2**63 - 1
ANYWHERE: dict[str, str] = {
    "life": "UPDATE orders SET life = '[1]' WHERE number = {number}",
    "items": "UPDATE orders SET items = '[[]]' WHERE number = {number}",
    "placement": "UPDATE order_history SET details = '{{}}' WHERE order_id = '{order}' AND version = 1",
    "details": "UPDATE order_history SET details = '[1]' WHERE order_id = '{order}' AND version = 2",
    "parcel": "UPDATE shipments SET content = '[]' WHERE order_id = '{order}'",
}
"""Values that both databases take, by a statement by hand."""
IN_SQLITE: dict[str, str] = {
    "cut JSON": "UPDATE orders SET life = '{{\"tags\"' WHERE number = {number}",
    "cut history": "UPDATE order_history SET details = '{{' WHERE order_id = '{order}' AND version = 2",
    "status": "UPDATE orders SET status = 'SOLD' WHERE number = {number}",
    "time": "UPDATE orders SET updated_at = 'yesterday' WHERE number = {number}",
    "lease": "UPDATE outbox SET due_at = 'soon' WHERE version = 2",
}
"""Values that only SQLite takes, whose columns have no types, from a damaged file."""

IN_POSTGRESQL: dict[str, str] = {
    "endless": "UPDATE orders SET updated_at = 'infinity' WHERE number = {number}",
    "endless history": "UPDATE order_history SET at = 'infinity' WHERE order_id = '{order}' AND version = 2",
}
"""Values that only PostgreSQL takes, and no type of this software."""
ALL = {"postgresql": ANYWHERE | IN_POSTGRESQL, "sqlite": ANYWHERE | IN_SQLITE}


@pytest.fixture
def store(engine: Engine) -> Iterator[Store]:
    store = Store(engine)
    yield store
    store.close()


def damage(store: Store, statement: str) -> None:
    order = store.order.id if store.engine.dialect.name == "postgresql" else store.order.id.hex
    with store.engine.begin() as connection:
        if store.engine.dialect.name == "sqlite":
            connection.execute(text("PRAGMA ignore_check_constraints = on"))
        connection.exec_driver_sql(statement.format(number=store.order.number, order=order).replace("%", "%%"))


@pytest.mark.parametrize(
    ("engine", "statement"),
    [pytest.param(name, values[kind], id=f"{name}-{kind}") for name, values in ALL.items() for kind in values],
    indirect=["engine"],
)
def test_damaged_row_is_a_finding_among_others(store: Store, statement: str) -> None:
    others = [store.container.place_order(an_order()) for _ in range(2)]
    held = update(tables.orders).where(tables.orders.c.id.in_([other.id for other in others]))
    store.run(held.values(is_held=True))
    damage(store, statement)

    found, _ = store.check()
    remaining, repaired = store.check(repair=True)
    again, nothing = store.check(repair=True)

    assert {each.kind for each in found} > {FindingKind.ORDER_AXES}
    assert {other.id for other in others} <= {each.key for each in repaired}
    assert len(found) == len(remaining) + len(repaired)
    assert (again, nothing) == (remaining, [])


def test_unreadable_row_is_named(on_sqlite: Engine) -> None:
    store = Store(on_sqlite)
    damage(store, IN_SQLITE["cut JSON"])

    [found], _ = store.check()

    assert (found.kind, found.key, found.repairable) == (FindingKind.UNREADABLE_ROW, store.order.id, False)
    assert (found.subject, found.text) == (
        f"row {store.order.id} of the orders",
        "It is not readable, or what belongs to it is not (JSONDecodeError).",
    )
    store.close()


def test_unreadable_order_has_no_right_copy(store: Store) -> None:
    store.container.order_cache().put(store.container.queries().get(store.order.id))
    damage(store, ANYWHERE["life"])

    found, _ = store.check()

    assert found[-1].kind is FindingKind.CACHED_COPY


def test_refused_value_remains(store: Store) -> None:
    """The sum of the ledger is larger than any stock can be, and than SQLite can add up."""
    movement = {"product_id": store.product, "kind": MovementKind.ADJUSTED, "quantity": MAX, "actor": "root"}
    store.run(*[insert(tables.stock_movements).inline().values(movement | {"at": datetime.now(UTC)})] * 2)
    store.change(is_held=True)

    found, repaired = store.check(repair=True)

    is_sqlite = store.engine.dialect.name == "sqlite"
    assert [(each.key, each.kind) for each in found] == [
        (store.product, FindingKind.UNREADABLE_ROW if is_sqlite else FindingKind.STOCK)
    ]
    assert is_sqlite or found[0].text.endswith("The database refuses the repair.")
    assert [each.kind for each in repaired] == [FindingKind.ORDER_AXES]


@pytest.mark.parametrize(
    "engine",
    ["postgresql", pytest.param("sqlite", marks=pytest.mark.deep)],  # the second waits 5 s for each of two locks
    indirect=True,
)
def test_locked_row_is_left_and_others_are_repaired(store: Store, engine: Engine) -> None:
    other = store.container.place_order(an_order())
    held = update(tables.orders).values(is_held=True)
    store.run(held)
    is_sqlite = engine.dialect.name == "sqlite"

    with engine.connect() as connection:
        if is_sqlite:
            connection.exec_driver_sql("PRAGMA busy_timeout = 100")
        lock = select(tables.orders.c.id).where(tables.orders.c.id == store.order.id)
        connection.execute(lock.with_for_update())
        if is_sqlite:  # which has one lock, for all rows
            connection.execute(held)
        found, repaired = store.check(repair=True)
        connection.rollback()

    assert {each.key for each in found} == ({store.order.id, other.id} if is_sqlite else {store.order.id})
    assert {each.key for each in repaired} == (set() if is_sqlite else {other.id})
    assert "Another transaction has locked it; repeat the command." in found[0].text
    assert store.check(repair=True)[0] == []


def test_locked_row_beside_a_damaged_one_is_named(on_postgresql: Engine) -> None:
    store = Store(on_postgresql)
    other = store.container.place_order(an_order())
    damage(store, IN_POSTGRESQL["endless"])

    with on_postgresql.connect() as connection:
        lock = select(tables.orders.c.id).where(tables.orders.c.id == other.id).with_for_update()
        connection.execute(lock)
        found, _ = store.check()
        remaining, _ = store.check(repair=True)
        connection.rollback()

    for findings in (found, remaining):
        assert [(each.key, each.text.count(LOCKED)) for each in findings] == [(store.order.id, 0), (other.id, 1)]
    store.close()


@pytest.mark.parametrize(
    ("area", "key"),
    [
        ("orders", 5),
        ("products", new_id()),
        ("products", MAX + 1),
        ("events", ("a", "b")),
        ("idempotency keys", ("a",)),
    ],
)
def test_position_of_another_area_is_refused(store: Store, area: str, key: Key) -> None:
    with pytest.raises(InvalidValue, match="must be one that an interrupted run has printed"):
        list(store.container.check_consistency(CheckConsistency(actor=ADMIN, start=(area, key))))


def test_each_position_continues(store: Store, engine: Engine) -> None:
    """A run that begins again after each step finds the same as one run."""
    for number in range(3):
        store.container.place_order(an_order())
        store.run(update(tables.orders).where(tables.orders.c.number == number + 1).values(is_held=True))
    at_once = store.check()[0]

    found: list[Finding] = []
    start, steps = None, 0
    while steps == 0 or start is not None:
        step = next(iter(store.container.check_consistency(CheckConsistency(actor=ADMIN, start=start))), None)
        found += step.findings if step else ()
        start, steps = (step.position if step else None), steps + 1

    assert found == at_once
    assert steps == len(SqlConsistencyChecks(engine).areas) + 1
