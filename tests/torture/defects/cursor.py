"""Defect: a relay with a cursor, which continues after the last sent row and skips transactions that commit late.

Some commits are delayed by more than the polling interval of a relay, because otherwise a short run seldom meets the
race. The correct relay tolerates the delay.
"""

import random
import time
from typing import Any

from sqlalchemy import func, literal_column, select

from orders_adapters.sql import mappers, tables, unit_of_work
from orders_adapters.sql.outbox import queries


def plant() -> None:
    sent = tables.outbox.alias("sent").c
    due = queries._of_each.c
    last = (
        select(func.coalesce(func.max(sent.id), 0))
        .where(sent.shard == due.shard, sent.state == literal_column("'sent'"))
        .scalar_subquery()
    )
    queries.DUE_MESSAGES_OF_SHARDS = queries.DUE_MESSAGES_OF_SHARDS.where(due.id > last)
    insert_all = mappers.insert_all

    def insert_early(connection: Any, table: Any, values: Any) -> None:
        insert_all(connection, table, values)
        if random.random() < 0.06:
            time.sleep(1.2)

    unit_of_work.__dict__["insert_all"] = insert_early
