"""Which events a relay may send now, and which shards have any."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)

from orders_adapters.sql import tables
from orders_adapters.sql.column_types import UtcDateTime
from orders_adapters.sql.sharding import SHARDS
from orders_domain.ports.outbox import OutboxState

_outbox = tables.outbox.c
_now = bindparam("now", type_=UtcDateTime)
_recent = bindparam("young", type_=UtcDateTime)  # ``now`` less the life of a copy in a cache
_earlier = tables.outbox.alias("earlier")

_BLOCKED = exists().where(
    _earlier.c.order_id == _outbox.order_id,
    _earlier.c.id < _outbox.id,
    _earlier.c.state.in_(tables.UNSENT),
    or_(_earlier.c.state == OutboxState.PARKED, _earlier.c.due_at > _now),
)
# OPEN and UNSENT say nothing new here and there, but by them SQLite knows which partial index has what is asked for.
_DUE = and_(_outbox.state.in_(tables.OPEN), _outbox.due_at <= _now)
_PUBLISHABLE = and_(_DUE, _outbox.state.in_(tables.WAITING), ~_BLOCKED)
_PUBLISHED = and_(_DUE, _outbox.state.in_(tables.PUBLISHED))  # published


def _blocked(shard: Any) -> Select[Any]:
    """The ids of young events that were refused, or come behind one that was: from those few to what they hold back.

    The other way round a long backlog would be read at each turn.
    """
    refused, later = tables.outbox.alias("refused").c, tables.outbox.alias("later").c
    return select(later.id).where(
        refused.shard == shard,
        refused.state.in_(tables.UNSENT),
        refused.attempts > literal_column("0"),
        or_(refused.state.in_(tables.PARKED), refused.due_at > _now),
        later.order_id == refused.order_id,
        later.id >= refused.id,
        later.state.in_(tables.UNSENT),
        later.at > _recent,
    )


def _oldest(condition: ColumnElement[bool], *, blocked: bool) -> Select[Any]:
    oldest = select(tables.outbox).where(condition).order_by(_outbox.id).limit(bindparam("most")).subquery()
    return select(oldest, literal(blocked).label("held_back"))


_shard = _outbox.shard == bindparam("shard")
_all = union_all(
    _oldest(and_(_shard, _PUBLISHABLE), blocked=False),
    _oldest(and_(_shard, _PUBLISHED), blocked=False),
    _oldest(_outbox.id.in_(_blocked(bindparam("shard"))), blocked=True),
).subquery()
DUE_MESSAGES = select(_all).order_by(_all.c.id)
"""Of ``shard`` at ``now``: at most ``most`` events to be sent, and as many of each kind the cache has to hear of."""

# One look into the index for each shard: DISTINCT would read all that is due.
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
