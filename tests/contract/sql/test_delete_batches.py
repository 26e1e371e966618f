"""Batch deletion on PostgreSQL: the rows are selected once, so that no batch exceeds its limit."""

from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from orders_adapters.sql import idempotency_keys, inbox, revoked_tokens
from orders_adapters.sql.engine.delete_batches import delete_batch
from orders_adapters.sql.outbox import repository
from tests.support.builders import NOON

STATEMENTS = {
    "idempotency_keys": idempotency_keys._PRUNE,
    "inbox": inbox._PRUNE,
    "outbox": repository._PRUNE,
    "revoked_tokens": revoked_tokens._PRUNE,
}


@pytest.mark.parametrize("table", STATEMENTS)
def test_rows_of_a_batch_are_selected_once(on_postgresql: Engine, table: str) -> None:
    plans: list[str] = []

    def explain(connection: Connection, cursor: Any, statement: str, parameters: Any, *rest: object) -> None:
        if statement.startswith("DELETE"):
            plans.extend(line for (line,) in cursor.connection.execute(f"EXPLAIN {statement}", parameters))

    event.listen(on_postgresql, "before_cursor_execute", explain)
    with on_postgresql.begin() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))  # because the tables are empty
        assert delete_batch(connection, STATEMENTS[table], before=NOON, limit=2) == 0
    plan = "\n".join(plans)

    assert "InitPlan 1" in plan  # which is executed once, unlike a subquery of IN
    assert "Tid Scan" in plan
