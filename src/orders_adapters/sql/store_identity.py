"""Identity of a database, in a table of one row."""

from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, bindparam, func, select, text
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors
from orders_domain.ports.store_identity import StoreIdentity

_row = tables.store_identity.c
_GET = select(_row.identity)
_LAST_NUMBER = select(func.coalesce(func.max(tables.orders.c.number), 0))
_NUMBERS_AFTER = select(_row.numbers_after)


def _inserts(insert: Any) -> tuple[Any, Any]:
    """Return the statements that insert the row if it is missing, and that replace it."""
    new = insert.values(id=1, identity=bindparam("identity"), numbers_after=bindparam("numbers_after"))
    values = {name: new.excluded[name] for name in ("identity", "numbers_after")}
    return new.on_conflict_do_nothing(), new.on_conflict_do_update(index_elements=[_row.id], set_=values)


_INSERTS = {
    "postgresql": _inserts(postgresql.insert(tables.store_identity)),
    "sqlite": _inserts(sqlite.insert(tables.store_identity)),
}
# A catalog of somebody else may have ids near the end of the range, from which none can be skipped.
_SKIP_IDS = {
    "postgresql": """
        SELECT setval(sequence, last + :gap) FROM (
            SELECT name, pg_get_serial_sequence(name, 'id')::regclass AS sequence,
                pg_sequence_last_value(pg_get_serial_sequence(name, 'id')::regclass) AS last
            FROM (VALUES ('products'), ('order_templates')) AS tables (name)
        ) AS sequences WHERE last < 4611686018427387904
    """,
    "sqlite": """
        UPDATE sqlite_sequence SET seq = seq + :gap
        WHERE name IN ('products', 'order_templates') AND seq < 4611686018427387904
    """,
}
# Rows that were dumped on another server have ids of its transactions, which may be ahead of this one's. They become
# the first of the event feed, in the order of their versions within an order.
_REWIND_FEED = text("""
    UPDATE order_history SET position = 0
    WHERE (SELECT max(position) FROM order_history) >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
""")
_NO_TIMEOUT = text("SET LOCAL statement_timeout = 0")
_LAST_VALUE = text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM order_numbers")
_SKIP_NUMBERS = text("SELECT setval('order_numbers', :number)")


class SqlStoreIdentity(StoreIdentity):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._autocommit = engines.autocommit(engine)

    def get(self) -> str:
        with translate_errors(), self._autocommit.connect() as connection:
            identity = connection.scalar(_GET)
        return identity or self._insert()

    def renew(self, *, gap: int) -> int:
        with translate_errors(), self._engine.begin() as connection:
            number = _last_number(connection) + gap
            replace = _INSERTS[connection.dialect.name][1]
            connection.execute(replace, {"identity": uuid4().hex, "numbers_after": number})
            if connection.dialect.name == "postgresql":
                connection.execute(_SKIP_NUMBERS, {"number": number})
                connection.execute(_NO_TIMEOUT)
                connection.execute(_REWIND_FEED)
            connection.execute(text(_SKIP_IDS[connection.dialect.name]), {"gap": gap})
        return number + 1

    def _insert(self) -> str:
        """Insert a new identity, unless another process does, and return the stored one."""
        with translate_errors(), self._engine.begin() as connection:
            insert = _INSERTS[connection.dialect.name][0]
            connection.execute(insert, {"identity": uuid4().hex, "numbers_after": 0})
            return str(connection.scalar(_GET))


def _last_number(connection: Connection) -> int:
    """Return the greatest number that any order has, or had before it was lost."""
    last = max(connection.scalar(_LAST_NUMBER) or 0, connection.scalar(_NUMBERS_AFTER) or 0)
    return max(last, connection.scalar(_LAST_VALUE) or 0) if connection.dialect.name == "postgresql" else last
