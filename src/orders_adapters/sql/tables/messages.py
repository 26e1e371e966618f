"""Tables of messages: the outbox, the inbox and the idempotency keys of requests."""

from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    and_,
    literal_column,
)

from orders_adapters.sql.tables.column_types import UtcDateTime, enum_column, identity_column
from orders_adapters.sql.tables.metadata import MAX_TRACEPARENT_LENGTH, literals, metadata
from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH
from orders_domain.model.idempotency import MAX_KEY_LENGTH, MAX_SCOPE_LENGTH
from orders_domain.ports.inbox import MAX_MESSAGE_ID_LENGTH
from orders_domain.ports.outbox import OutboxState

OPEN = literals(OutboxState.WAITING, OutboxState.PUBLISHED)
WAITING = literals(OutboxState.WAITING)
PUBLISHED = literals(OutboxState.PUBLISHED)
PARKED = literals(OutboxState.PARKED)
UNSENT = literals(OutboxState.WAITING, OutboxState.PARKED)
SENT = literals(OutboxState.SENT)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("subject", String(MAX_SUBJECT_LENGTH), primary_key=True),
    Column("scope", String(MAX_SCOPE_LENGTH), primary_key=True),
    Column("key", String(MAX_KEY_LENGTH), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),  # for pruning
    Column("version", Integer, nullable=False, server_default="1"),  # of the order, after the request
)

inbox = Table(
    "inbox",
    metadata,
    Column("scope", String(MAX_SCOPE_LENGTH), primary_key=True),
    Column("message_id", String(MAX_MESSAGE_ID_LENGTH), primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),  # for pruning
)

outbox = Table(
    "outbox",
    metadata,
    identity_column(),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("order_id", Uuid, nullable=False),  # no foreign key, because events are independent of the rows of orders
    Column("version", Integer, nullable=False),
    Column("type", String(100), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("data", JSON, nullable=False),
    Column("traceparent", String(MAX_TRACEPARENT_LENGTH)),
    Column("shard", SmallInteger, nullable=False),
    Column("state", enum_column(OutboxState, "state"), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("last_error", Text),
    sqlite_autoincrement=True,  # so that the id of a pruned row is not reused
)


def _partial(name: str, *columns: str, states: Any) -> None:
    where = outbox.c.state.in_(states)
    Index(name, *(outbox.c[column] for column in columns), postgresql_where=where, sqlite_where=where)


_partial("ix_outbox_open", "shard", "state", "id", states=OPEN)  # the rows that a relay may publish
_partial("ix_outbox_unsent", "order_id", "id", states=UNSENT)  # the rows that block later events
_partial("ix_outbox_sent", "at", states=SENT)  # for pruning
_rejected = and_(outbox.c.state.in_(UNSENT), outbox.c.attempts > literal_column("0"))
Index("ix_outbox_rejected", outbox.c.shard, outbox.c.id, postgresql_where=_rejected, sqlite_where=_rejected)
