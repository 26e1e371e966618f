"""Which events a relay may send now, and which shards have any."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
    union_all,
)

from orders_adapters.sql import tables
from orders_adapters.sql.shards import SHARDS
from orders_domain.ports.outbox import OutboxState

_outbox = tables.outbox.c
_now = bindparam("now", type_=tables.Moment)
_earlier = tables.outbox.alias("earlier")

_HELD_BACK = exists().where(
    _earlier.c.order_id == _outbox.order_id,
    _earlier.c.id < _outbox.id,
    _earlier.c.state.in_(tables.UNSENT),
    or_(_earlier.c.state == OutboxState.PARKED, _earlier.c.due_at > _now),
)
# OPEN says nothing new, but by it SQLite knows that the partial index has what is asked for.
_DUE = and_(_outbox.state.in_(tables.OPEN), _outbox.due_at <= _now)
_WAITING = and_(_DUE, _outbox.state.in_(tables.WAITING), ~_HELD_BACK)
_UNTOLD = and_(_DUE, _outbox.state.in_(tables.UNTOLD))  # published: held back by nothing


def _oldest(due: ColumnElement[bool]) -> Select[Any]:
    shard = _outbox.shard == bindparam("shard")
    return select(select(tables.outbox).where(shard, due).order_by(_outbox.id).limit(bindparam("most")).subquery())


_both = union_all(_oldest(_WAITING), _oldest(_UNTOLD)).subquery()
EVENTS = select(_both).order_by(_both.c.id)
"""The due events of ``shard`` at ``now``: at most ``most`` to be sent, and as many that the cache has to hear of."""

# One look into the index for each shard: DISTINCT would read all that is due.
_shards = union_all(*(select(literal_column(str(shard), Integer).label("shard")) for shard in range(SHARDS))).subquery()
_first = (
    select(1)
    .where(_outbox.shard == _shards.c.shard, or_(_WAITING, _UNTOLD))
    .limit(1)
    .correlate(_shards)
    .scalar_subquery()
)
SHARDS_WITH_EVENTS = select(_shards.c.shard).where(_first.is_not(None)).order_by(_shards.c.shard)
