"""The marks of dead tokens, each change a transaction of its own."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.delete_batches import pruning
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors

_denied = tables.denied_tokens.c

# A mark that is there is a row that does not come back. Who denies it at the same moment waits for the other's commit.
_DENY = {
    "postgresql": postgresql.insert(tables.denied_tokens).on_conflict_do_nothing().returning(_denied.mark),
    "sqlite": sqlite.insert(tables.denied_tokens).on_conflict_do_nothing().returning(_denied.mark),
}
_ANY = select(_denied.mark).where(_denied.mark.in_(bindparam("marks", expanding=True))).limit(1)
_ALL = select(_denied.mark, _denied.until).limit(bindparam("most"))
_PRUNE = pruning(tables.denied_tokens, moment=_denied.until)


class Denylist:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engines.reading(engine)

    def deny(self, marks: Mapping[str, datetime]) -> frozenset[str]:
        with translate_errors(), self._engine.begin() as connection:
            statement = _DENY[connection.dialect.name]
            # In one order, lest two that deny the same marks wait for each other.
            found = [connection.scalar(statement, {"mark": mark, "until": marks[mark]}) for mark in sorted(marks)]
        return frozenset(mark for mark in found if mark is not None)

    def denied(self, marks: Sequence[str]) -> bool:
        with translate_errors(), self._reading.connect() as connection:
            return connection.scalar(_ANY, {"marks": list(marks)}) is not None

    def all(self, *, most: int) -> Mapping[str, datetime] | None:
        with translate_errors(), self._reading.connect() as connection:
            rows = connection.execute(_ALL, {"most": most + 1}).all()
        return {row.mark: row.until for row in rows} if len(rows) <= most else None

    def prune(self, *, expired_before: datetime, limit: int = 1_000) -> int:
        with translate_errors(), self._engine.begin() as connection:
            return connection.execute(_PRUNE, {"before": expired_before, "most": limit}).rowcount
