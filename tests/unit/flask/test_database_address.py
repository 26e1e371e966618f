"""DATABASE_URL as other tools write it: understood, or refused with advice."""

import pytest

from orders_adapters.sql.engine import engine as engines
from orders_flask import Settings
from orders_flask.settings import InvalidSetting
from tests.support.cases import each_case

FULL = "postgresql://ada:secret@db/orders"


@each_case(
    ("written", "meant"),
    [
        ("postgres://ada:secret@db/orders", FULL),
        ("postgresql+psycopg2://ada:secret@db/orders", FULL),
        ("postgresql+asyncpg://ada:secret@db/orders", FULL),
        ("PostgreSQL://ada:secret@db/orders", FULL),
        ("pgsql://ada:secret@db/orders", FULL),
        ("jdbc:postgresql://db/orders?user=ada&password=secret", "postgresql://db/orders?user=ada&password=secret"),
        (f' "{FULL}"\n', FULL),
        (f"'{FULL}'", FULL),
        ("sqlite:orders.db", "sqlite:///orders.db"),
        ("sqlite3:///orders.db", "sqlite:///orders.db"),
        ("sqlite+aiosqlite:////srv/orders.db", "sqlite:////srv/orders.db"),
        ("sqlite:/srv/orders.db", "sqlite:////srv/orders.db"),
        ("sqlite://", "sqlite://"),
        ("memory://", "memory://"),
    ],
)
def test_address_of_another_tool_is_understood(written: str, meant: str) -> None:
    assert Settings(database_url=written).database_url == meant
    if not meant.startswith("memory"):
        assert Settings(database_read_url=written).database_read_url == meant


@each_case(
    ("written", "advice"),
    [
        ("sqlite://orders.db", "three slashes"),
        ("sqlite:///C:\\data\\orders.db", "without a drive"),
        ("sqlite:///C:/data/orders.db", "without a drive"),
        ("sqlite:///data\\orders.db", "with slashes"),
        ("orders.db", "begin with one of: postgresql://, sqlite://"),
        ("C:\\data\\orders.db", "begin with one of"),
        ("mysql://ada:secret@db/orders", "begin with one of"),
    ],
)
def test_ambiguous_address_is_refused(written: str, advice: str) -> None:
    with pytest.raises(InvalidSetting, match=f"DATABASE_URL must .*{advice}") as refused:
        Settings(database_url=written)

    assert "secret" not in str(refused.value)


@each_case(
    ("address", "arguments"),
    [
        ("postgresql://a,b:5433/shop", {"host": "a,b", "port": "5432,5433", "dbname": "shop"}),
        ("postgresql://ada:p%40ss@a,b/shop", {"host": "a,b", "user": "ada", "password": "p@ss", "dbname": "shop"}),
        ("postgresql://ada:p@ss@a/shop", {"host": "a", "password": "p@ss"}),
        ("postgresql://%2Frun%2Fpostgresql/shop", {"host": "/run/postgresql", "dbname": "shop"}),
        ("postgresql:///shop?host=/run/postgresql", {"host": "/run/postgresql"}),
        ("postgresql://db/my%2Dshop", {"host": "db", "dbname": "my-shop"}),
        ("postgresql://[::1]:5433/shop", {"host": "::1", "port": 5433}),
        ("postgresql://db/shop?pgbouncer=true&sslmode=require", {"host": "db", "sslmode": "require"}),
        ("postgresql://db/shop?connect_timeout=7", {"connect_timeout": "7"}),
    ],
)
def test_address_is_read_as_libpq_reads_it(address: str, arguments: dict[str, object]) -> None:
    engine = engines.create(address)
    _, passed = engine.dialect.create_connect_args(engine.url)

    assert passed.items() >= arguments.items()
    assert "pgbouncer" not in passed
