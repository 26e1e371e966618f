"""Which events a relay may send now, and which shards have any."""

from sqlalchemy import Integer, and_, bindparam, exists, literal_column, or_, select, union_all

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
# What was published and only has to be told to the cache is held back by nothing.
_DUE = and_(
    _outbox.state.in_(tables.OPEN),
    _outbox.due_at <= _now,
    or_(_outbox.state == OutboxState.UNTOLD, ~_HELD_BACK),
)

EVENTS = (
    select(tables.outbox).where(_outbox.shard == bindparam("shard"), _DUE).order_by(_outbox.id).limit(bindparam("most"))
)
"""The due events of ``shard`` at ``now``, oldest first, at most ``most``."""

# One look into the index for each shard: DISTINCT would read all that is due.
_shards = union_all(*(select(literal_column(str(shard), Integer).label("shard")) for shard in range(SHARDS))).subquery()
_first = select(1).where(_outbox.shard == _shards.c.shard, _DUE).limit(1).correlate(_shards).scalar_subquery()
SHARDS_WITH_EVENTS = select(_shards.c.shard).where(_first.is_not(None)).order_by(_shards.c.shard)
