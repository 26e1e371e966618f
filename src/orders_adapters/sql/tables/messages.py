"""Tables of messages: the outbox, the inbox, the idempotency keys of requests, notifications and their recipients."""

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    and_,
    false,
    literal_column,
    text,
)

from orders_adapters.sql.tables.column_types import UtcDateTime, enum_column, identity_column
from orders_adapters.sql.tables.metadata import MAX_TRACEPARENT_LENGTH, literals, metadata
from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH
from orders_domain.model.accounts.contact import MAX_ADDRESS_LENGTH, MAX_LANGUAGE_LENGTH
from orders_domain.model.idempotency import MAX_KEY_LENGTH, MAX_SCOPE_LENGTH
from orders_domain.model.notification import Alert, Channel, NotificationKind, NotificationState
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
    # Whether the notifications of the event are still to be queued, whatever the state of its publication.
    Column("notifies", Boolean, nullable=False, server_default=false()),
    sqlite_autoincrement=True,  # so that the id of a pruned row is not reused
)


def _partial(name: str, *columns: str, states: Any) -> None:
    where = outbox.c.state.in_(states)
    Index(name, *(outbox.c[column] for column in columns), postgresql_where=where, sqlite_where=where)


_partial("ix_outbox_open", "shard", "state", "id", states=OPEN)  # the rows that a relay may publish
_partial("ix_outbox_unsent", "order_id", "id", states=UNSENT)  # the rows that block later events
_partial("ix_outbox_sent", "at", states=SENT)  # for pruning
_rejected = and_(outbox.c.state.in_(UNSENT), outbox.c.attempts > literal_column("0"))
NOTIFIES = text("outbox.notifies")
_notifies = text("notifies")
Index("ix_outbox_notifies", outbox.c.id, postgresql_where=_notifies, sqlite_where=_notifies)
Index("ix_outbox_rejected", outbox.c.shard, outbox.c.id, postgresql_where=_rejected, sqlite_where=_rejected)

notifications = Table(
    "notifications",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", enum_column(NotificationKind, "kind"), nullable=False),
    Column("channel", enum_column(Channel, "channel"), nullable=False),
    Column("data", JSON, nullable=False),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("order_id", Uuid),  # its customer is the recipient; NULL for an alert
    Column("address", String(MAX_ADDRESS_LENGTH)),
    Column("language", String(MAX_LANGUAGE_LENGTH)),
    Column("state", enum_column(NotificationState, "state"), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("last_error", Text),
    # An alert has the address of its recipient, and a letter to a customer has none.
    CheckConstraint("(order_id IS NULL) = (address IS NOT NULL)", name="recipient"),
)
WAITING_NOTIFICATIONS = notifications.c.state.in_(literals(NotificationState.WAITING))
Index(
    "ix_notifications_due",
    notifications.c.channel,
    notifications.c.due_at,
    postgresql_where=WAITING_NOTIFICATIONS,
    sqlite_where=WAITING_NOTIFICATIONS,
)
FINISHED_NOTIFICATIONS = notifications.c.state.in_(
    literals(NotificationState.SENT, NotificationState.UNADDRESSED, NotificationState.FAILED)
)
Index(
    "ix_notifications_finished",
    notifications.c.occurred_at,
    postgresql_where=FINISHED_NOTIFICATIONS,
    sqlite_where=FINISHED_NOTIFICATIONS,
)

alert_recipients = Table(
    "alert_recipients",
    metadata,
    Column("alert", enum_column(Alert, "alert"), primary_key=True),
    Column("address", String(MAX_ADDRESS_LENGTH), primary_key=True),
    Column("language", String(MAX_LANGUAGE_LENGTH)),
)
