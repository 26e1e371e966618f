"""Migrations: upgrade, downgrade, concurrent upgrades, and completeness of the schema."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError

from orders_adapters.sql import migrate
from orders_adapters.sql.revoked_tokens import SqlRevokedTokens
from orders_domain.model.accounts.auth_token import ALWAYS, Revocation
from tests.support.depth import effort

FURTHER = {
    "postgresql": """
        SELECT sequencename::text FROM pg_sequences
        UNION SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal
    """,
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
}
PROCESSES = effort(2, 4)
START = "import sys; from orders_adapters.sql import migrate; migrate.upgrade(sys.argv[1])"


@pytest.mark.clause("001-02")
def test_upgrade_downgrade_upgrade_is_complete(address: str, connect: Callable[..., Engine]) -> None:
    engine = connect(address)

    migrate.upgrade(address)
    complete = everything(engine)
    migrate.downgrade(address, "base")
    nothing = everything(engine)
    migrate.upgrade(address)

    assert {"users", "orders", "order_history", "outbox", "ensure_user_of_orders"} < complete
    assert nothing == {"orders_alembic_version"}
    assert everything(engine) == complete


@pytest.mark.clause("001-01", "001-02")
def test_migrations_match_the_table_definitions(altered: str) -> None:
    assert migrate.check(altered) == []


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE orders ADD COLUMN nickname TEXT",
        "DROP INDEX ix_orders_user_id_created_at_id",
        "DROP TABLE outbox",
    ],
)
def test_schema_difference_is_detected(altered: str, connect: Callable[..., Engine], change: str) -> None:
    with connect(altered).begin() as connection:
        connection.execute(text(change))

    assert migrate.check(altered) != []


GUESTS = """
    INSERT INTO orders
        (id, number, origin, user_id, items, total_minor, currency, status, version, created_at, updated_at)
    VALUES ('01a1fbae6e8774f6aa47082029bc341c', 1, 'checkout', NULL, '[]', 1, 'USD', 'PENDING', 1, :at, :at)
"""


@pytest.mark.alternate
def test_guest_orders_survive_a_downgrade(altered: str, connect: Callable[..., Engine]) -> None:
    engine, at = connect(altered), {"at": datetime(2026, 3, 14, tzinfo=UTC)}
    with engine.begin() as connection:
        connection.execute(text(GUESTS), at)

    migrate.downgrade(altered, "0007")
    with engine.begin() as connection:
        assert connection.scalars(text("SELECT user_id FROM orders")).all() == [""]
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text("UPDATE orders SET user_id = NULL"))
    migrate.upgrade(altered)

    with engine.begin() as connection:
        assert connection.scalars(text("SELECT user_id FROM orders")).all() == [None]
        assert connection.scalars(text("SELECT id FROM users")).all() == []
    assert migrate.check(altered) == []


def test_concurrent_migrations_succeed(address: str, connect: Callable[..., Engine]) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", START, address], stderr=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    complaints = [process.communicate(timeout=60)[1] for process in processes]

    assert [process.returncode for process in processes] == [0] * PROCESSES, complaints
    assert migrate.pending(connect(address)) == []


@pytest.mark.alternate
def test_pending_migrations_are_listed(address: str, connect: Callable[..., Engine]) -> None:
    engine = connect(address)
    every = sorted(path.name[:4] for path in migrate.directory().glob("versions/0*.py"))

    assert (migrate.current(engine), migrate.pending(engine)) == (None, every)
    migrate.upgrade(address, "0001")
    assert (migrate.current(engine), migrate.pending(engine)) == ("0001", every[1:])
    migrate.upgrade(address)
    assert (migrate.current(engine), migrate.pending(engine)) == (every[-1], [])


def test_newer_schema_has_nothing_pending(altered: str, connect: Callable[..., Engine]) -> None:
    engine = connect(altered)

    with engine.begin() as connection:
        connection.execute(text("UPDATE orders_alembic_version SET version_num = '9999'"))

    assert migrate.pending(engine) == []


def test_failed_migration_rolls_back(address: str, connect: Callable[..., Engine]) -> None:
    engine = connect(address)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE others (id INTEGER)"))
        connection.execute(text("CREATE INDEX ix_stock_movements_ledger ON others (id)"))  # that of the last migration

    with pytest.raises(Exception, match="store"):
        migrate.upgrade(address)

    assert everything(engine) - {"orders_alembic_version"} == {"others"}


def test_in_memory_database_is_migrated(connect: Callable[..., Engine]) -> None:
    engine = connect("sqlite://")

    migrate.upgrade(engine)

    assert migrate.pending(engine) == []
    assert migrate.check(engine) == []


def former(engine: Engine) -> None:
    """Store the revision as releases before 0016 did: in Alembic's default table."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version AS SELECT version_num FROM orders_alembic_version"))
        connection.execute(text("DROP TABLE orders_alembic_version"))


@pytest.mark.alternate
def test_former_version_table_is_adopted(address: str, connect: Callable[..., Engine]) -> None:
    engine = connect(address)
    migrate.upgrade(address, "0014")
    former(engine)

    before = migrate.current(engine)
    pending = migrate.pending(engine)
    migrate.upgrade(address)

    head = max(path.name[:4] for path in migrate.directory().glob("versions/0*.py"))
    assert (before, pending[-1], "0001" in pending) == ("0014", head, False)
    assert migrate.current(engine) == head
    assert migrate.check(address) == []
    with engine.connect() as connection:  # for instances of the former release
        assert connection.scalars(text("SELECT version_num FROM alembic_version")).all() == ["0014"]


@pytest.mark.alternate
def test_version_table_of_the_host_is_unchanged(address: str, connect: Callable[..., Engine]) -> None:
    engine = connect(address)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('0005')"))  # a host may number as we do

    before = migrate.current(engine)
    migrate.upgrade(address)

    assert before is None
    assert migrate.pending(engine) == []
    with engine.connect() as connection:
        assert connection.scalars(text("SELECT version_num FROM alembic_version")).all() == ["0005"]


def everything(engine: Engine) -> set[str]:
    """The names of all tables and triggers, and on PostgreSQL of the service's sequences and functions."""
    with engine.connect() as connection:
        further = connection.scalars(text(FURTHER[engine.dialect.name])).all()
    return {*inspect(engine).get_table_names(), *further}


OLD_ORDERS = """
    INSERT INTO orders (id, number, items, lines, cart, shipment_id, total_minor, currency, status, version,
                        created_at, updated_at)
    VALUES (:id, :number, '[]', :lines, :cart, :shipment_id, 1, 'USD', 'PAID', 1, :at, :at)
"""
LINES, CART = "[[1, 2, 250]]", '{"snapshotId": "s"}'
ORIGINS = [  # lines, cart, shipment, and the origin that follows from them
    ("[]", None, None, "orders"),
    ("[]", "null", None, "orders"),
    (LINES, None, None, "management"),
    (LINES, None, "SHIP-1", "ostore"),
    ("[]", None, "SHIP-2", "ostore"),
    ("[]", CART, None, "checkout"),
]
FORGED = ["NULL", "''", "'bazaar'", "'ORDERS'"]


def stored_before_origins(address: str, engine: Engine) -> None:
    migrate.upgrade(address, "0012")
    at = datetime(2026, 3, 14, tzinfo=UTC)
    with engine.begin() as connection:
        for number, (lines, cart, shipment_id, _) in enumerate(ORIGINS, start=1):
            values = {"id": f"{number:032x}", "number": number, "at": at, "lines": lines, "cart": cart}
            connection.execute(text(OLD_ORDERS), values | {"shipment_id": shipment_id})


@pytest.mark.alternate
def test_stored_orders_get_inferred_origin(address: str, connect: Callable[..., Engine]) -> None:
    engine = connect(address)
    stored_before_origins(address, engine)

    migrate.upgrade(address)

    with engine.connect() as connection:
        rows = connection.execute(text("SELECT number, origin, status, version FROM orders ORDER BY number")).all()
    assert [tuple(row) for row in rows] == [
        (number, origin, "PAID", 1) for number, (*_, origin) in enumerate(ORIGINS, start=1)
    ]
    assert migrate.check(address) == []


@pytest.mark.alternate
def test_origin_is_inferred_after_downgrade(address: str, connect: Callable[..., Engine]) -> None:
    engine = connect(address)
    stored_before_origins(address, engine)
    migrate.upgrade(address)

    migrate.downgrade(address, "0012")
    columns = {column["name"] for column in inspect(engine).get_columns("orders")}
    migrate.upgrade(address)

    assert "origin" not in columns
    with engine.connect() as connection:
        origins = connection.scalars(text("SELECT origin FROM orders ORDER BY number")).all()
    assert origins == [origin for *_, origin in ORIGINS]


@pytest.mark.alternate
def test_unknown_or_null_origin_is_rejected(address: str, connect: Callable[..., Engine]) -> None:
    engine = connect(address)
    stored_before_origins(address, engine)
    migrate.upgrade(address)

    for forged in FORGED:
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text(f"UPDATE orders SET origin = {forged} WHERE number = 1"))


@pytest.mark.alternate
def test_new_order_without_origin_is_rejected(address: str, connect: Callable[..., Engine]) -> None:
    engine = connect(address)
    migrate.upgrade(address)
    values = {"id": f"{1:032x}", "number": 1, "at": datetime(2026, 3, 14, tzinfo=UTC), "lines": "[]", "cart": None}

    with pytest.raises(IntegrityError, match="origin"), engine.begin() as connection:
        connection.execute(text(OLD_ORDERS), values | {"shipment_id": None})


STORED_CARTS = [  # snapshot, status, and whether the snapshot belongs to the order
    ("once", "PENDING", True),
    ("twice", "PAID", True),
    ("twice", "PENDING", False),
    ("canceled first", "CANCELED", False),
    ("canceled first", "SHIPPED", True),
    ("canceled first", "PENDING", False),
    ("canceled", "CANCELED", True),
    (None, "PENDING", False),
]


@pytest.mark.alternate
def test_stored_carts_are_ordered_already(address: str, connect: Callable[..., Engine]) -> None:
    engine = connect(address)
    migrate.upgrade(address, "0014")
    store_carts(engine)

    for _ in range(2):
        migrate.upgrade(address)
        with engine.connect() as connection:
            snapshots = connection.scalars(text("SELECT cart_snapshot_id FROM orders ORDER BY number")).all()
        assert snapshots == [snapshot if owns else None for snapshot, _, owns in STORED_CARTS]
        assert migrate.check(address) == []
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text("UPDATE orders SET cart_snapshot_id = 'once' WHERE number = 3"))
        migrate.downgrade(address, "0014")


def store_carts(engine: Engine) -> None:
    old = OLD_ORDERS.replace("(id, number,", "(origin, id, number,").replace("VALUES (", "VALUES ('checkout', ")
    with engine.begin() as connection:
        for number, (snapshot, status, _) in enumerate(STORED_CARTS, start=1):
            cart = f'{{"snapshotId": "{snapshot}"}}' if snapshot else "null"
            values = {"id": f"{number:032x}", "number": number, "at": datetime(2026, 3, 14, tzinfo=UTC), "cart": cart}
            statement = text(old.replace("'PAID'", f"'{status}'"))
            connection.execute(statement, values | {"lines": "[]", "shipment_id": None})


@pytest.mark.alternate
def test_stored_revocations_stay_revoked(address: str, connect: Callable[..., Engine]) -> None:
    engine = connect(address)
    migrate.upgrade(address, "0014")
    at = datetime.now(UTC) + timedelta(hours=1)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO denied_tokens (mark, until) VALUES ('old', :at)"), {"at": at})

    migrate.upgrade(address)
    revoked_tokens = SqlRevokedTokens(engine)
    assert revoked_tokens.is_revoked({"old": ALWAYS - 1})
    revoked_tokens.revoke({"family": Revocation(1, at)})
    migrate.downgrade(address, "0014")

    with engine.connect() as connection:
        assert connection.scalars(text("SELECT mark FROM denied_tokens ORDER BY mark")).all() == ["family", "old"]
    migrate.upgrade(address)
    assert revoked_tokens.is_revoked({"family": 1})  # ended rather than revived
