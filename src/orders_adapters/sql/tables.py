"""The tables, their constraints and an index for every query; ``migrations`` brings a database here."""

from datetime import UTC, datetime
from enum import Enum as Choice
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    Uuid,
    literal_column,
)

from orders_domain.actor import LONGEST_SUBJECT, Role
from orders_domain.money import MOST_MINOR_UNITS
from orders_domain.ports.outbox import OutboxState
from orders_domain.status import OrderStatus

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware moment, in UTC; SQLite, which has no moments, keeps text that sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment without a time zone is none.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def one_of(choice: type[Choice], name: str) -> Enum:
    """A column of an enumeration's values, as text that a CHECK guards."""
    return Enum(
        choice,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=16,
        values_callable=lambda members: [member.value for member in members],
    )


def _is(*states: OutboxState) -> Any:
    # Literals, as the planner uses a partial index only where it can see that the query asks for no more.
    return [literal_column(f"'{state.value}'") for state in states]


OPEN = _is(OutboxState.WAITING, OutboxState.UNTOLD)
UNSENT = _is(OutboxState.WAITING, OutboxState.PARKED)
SENT = _is(OutboxState.SENT)

users = Table(
    "users",
    metadata,
    Column("id", String(LONGEST_SUBJECT), primary_key=True),
    Column("created_at", Moment, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("id", Uuid, primary_key=True),
    # PostgreSQL draws it from the sequence order_numbers; on SQLite the insert counts (see orders.py).
    Column("number", BigInteger, nullable=False, unique=True),
    Column("user_id", ForeignKey(users.c.id), nullable=False),
    # JSON, not JSONB: items come back as they were sent, with the order of their members and 1.0 as 1.0.
    Column("items", JSON, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("status", one_of(OrderStatus, "status"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint(f"total_minor BETWEEN 0 AND {MOST_MINOR_UNITS}", name="total_minor"),
    CheckConstraint("length(currency) = 3", name="currency"),
    CheckConstraint("version >= 1", name="version"),
    Index(None, "user_id", "created_at", "id"),  # read backwards, newest first
)

order_history = Table(
    "order_history",
    metadata,
    Column("order_id", ForeignKey(orders.c.id), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("what", String(32), nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", String(LONGEST_SUBJECT), nullable=False),
    Column("role", one_of(Role, "role"), nullable=False),
    Column("request_id", Text),
    Column("from_status", one_of(OrderStatus, "from_status")),
    Column("to_status", one_of(OrderStatus, "to_status"), nullable=False),
    Column("details", JSON, nullable=False),
    CheckConstraint("version >= 1", name="version"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("order_id", Uuid, nullable=False),  # no foreign key: what was said stays said
    Column("version", Integer, nullable=False),
    Column("type", String(100), nullable=False),
    Column("at", Moment, nullable=False),
    Column("data", JSON, nullable=False),
    Column("shard", SmallInteger, nullable=False),
    Column("state", one_of(OutboxState, "state"), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("last_error", Text),
    sqlite_autoincrement=True,  # else the id of a pruned row would be given again
)


def _partial(name: str, *columns: str, states: Any) -> None:
    where = outbox.c.state.in_(states)
    Index(name, *(outbox.c[column] for column in columns), postgresql_where=where, sqlite_where=where)


_partial("ix_outbox_open", "shard", "id", states=OPEN)  # what a relay may find to do
_partial("ix_outbox_unsent", "order_id", "id", states=UNSENT)  # what holds later events back
_partial("ix_outbox_sent", "at", states=SENT)  # what may be pruned
