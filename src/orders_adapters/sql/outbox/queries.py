"""Outbox queries: the messages that are due, and the shards that have any."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    and_,
    bindparam,
    column,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)

from orders_adapters.sql import tables
from orders_adapters.sql.sharding import SHARDS
from orders_adapters.sql.tables.column_types import UtcDateTime
from orders_domain.ports.outbox import OutboxState

REQUESTED_SHARDS = (
    func.unnest(bindparam("shards", type_=ARRAY(Integer)))
    .table_valued(column("shard", Integer))
    .render_derived(name="requested")
)
"""The rows of ``:shards``, on PostgreSQL."""

_outbox = tables.outbox.c
_now = bindparam("now", type_=UtcDateTime)
_recent = bindparam("recent_after", type_=UtcDateTime)  # ``now`` minus the TTL of a cached order
_earlier = tables.outbox.alias("earlier")

_BLOCKED = exists().where(
    _earlier.c.order_id == _outbox.order_id,
    _earlier.c.id < _outbox.id,
    _earlier.c.state.in_(tables.UNSENT),
    or_(_earlier.c.state == OutboxState.PARKED, _earlier.c.due_at > _now),
)
# OPEN and UNSENT are redundant in some conditions, but SQLite needs them to select a partial index.
_DUE = and_(_outbox.state.in_(tables.OPEN), _outbox.due_at <= _now)
_PUBLISHABLE = and_(_DUE, _outbox.state.in_(tables.WAITING), ~_BLOCKED)
_PUBLISHED = and_(_DUE, _outbox.state.in_(tables.PUBLISHED))


def _blocked(shard: Any) -> Select[Any]:
    """Return the ids of recent events that were rejected, or that an earlier rejected event blocks.

    The query starts from the few rejected events, because it would read a long backlog otherwise.
    """
    both = tables.outbox.alias("rejected"), tables.outbox.alias("later")
    rejected, later = both[0].c, both[1].c
    of_one_order = and_(later.order_id == rejected.order_id, later.id >= rejected.id)
    blocked = (
        select(later.id)
        .join_from(*both, of_one_order)
        .where(
            rejected.shard == shard,
            rejected.state.in_(tables.UNSENT),
            rejected.attempts > literal_column("0"),
            or_(rejected.state.in_(tables.PARKED), rejected.due_at > _now),
            later.state.in_(tables.UNSENT),
            later.at > _recent,
        )
    )
    return blocked.correlate(REQUESTED_SHARDS)


def _oldest(condition: ColumnElement[bool], *, blocked: bool) -> Select[Any]:
    some = select(tables.outbox).where(condition).order_by(_outbox.id).limit(bindparam("limit"))
    oldest = some.correlate(REQUESTED_SHARDS).subquery()
    return select(oldest, literal(blocked).label("blocked"))


def _due_messages(shard: Any) -> CompoundSelect[Any]:
    of_shard = _outbox.shard == shard
    return union_all(
        _oldest(and_(of_shard, _PUBLISHABLE), blocked=False),
        _oldest(and_(of_shard, _PUBLISHED), blocked=False),
        _oldest(_outbox.id.in_(_blocked(shard)), blocked=True),
    )


_of_one = _due_messages(bindparam("shard")).subquery()
_of_each = _due_messages(REQUESTED_SHARDS.c.shard).lateral()
DUE_MESSAGES = select(_of_one).order_by(_of_one.c.id)
"""Of ``:shard`` at ``:now``: at most ``:limit`` messages each that can be published, were published or are blocked.

The cache must be invalidated for the latter two.
"""
DUE_MESSAGES_OF_SHARDS = select(_of_each).select_from(REQUESTED_SHARDS.join(_of_each, true())).order_by(_of_each.c.id)
"""The same of each of ``:shards``, on PostgreSQL."""

# One index lookup per shard, because DISTINCT would read all due rows.
_shards = union_all(*(select(literal_column(str(shard), Integer).label("shard")) for shard in range(SHARDS))).subquery()
_first = (
    select(1)
    .where(_outbox.shard == _shards.c.shard, or_(_PUBLISHABLE, _PUBLISHED))
    .limit(1)
    .correlate(_shards)
    .scalar_subquery()
)
_first_blocked = _blocked(_shards.c.shard).limit(1).correlate(_shards).scalar_subquery()
DUE_SHARDS = (
    select(_shards.c.shard).where(or_(_first.is_not(None), _first_blocked.is_not(None))).order_by(_shards.c.shard)
)
