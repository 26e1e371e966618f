"""Claim of shards: their due messages and the new states of these."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, bindparam, update

from orders_adapters.sql import tables
from orders_domain.ports.outbox import OutboxMessage, OutboxState, ShardClaim

_event_id = tables.outbox.c.event_id
_VALUES = ("state", "due_at", "attempts", "last_error")
_SET_STATE = (
    update(tables.outbox)
    .where(_event_id.in_(bindparam("ids", expanding=True, type_=_event_id.type)))
    .values({name: bindparam(name) for name in _VALUES})
)
_BATCH = 1_000


class SqlShardClaim(ShardClaim):
    def __init__(self, messages: Sequence[OutboxMessage]) -> None:
        self._messages = messages
        self._states: dict[UUID, tuple[OutboxState, datetime, int, str | None]] = {}

    @property
    def messages(self) -> Sequence[OutboxMessage]:
        return self._messages

    def set_state(
        self,
        event_id: UUID,
        *,
        state: OutboxState,
        due_at: datetime,
        attempts: int,
        last_error: str | None = None,
    ) -> None:
        error = None if last_error is None else sanitize(last_error)
        self._states[event_id] = (state, due_at, attempts, error)

    def write(self, connection: Connection) -> None:
        """Write the states, those of events with equal ones in one statement."""
        events = defaultdict(list)
        for event_id, values in self._states.items():
            events[values].append(event_id)
        for values, event_ids in events.items():
            for ids in batches(event_ids):
                connection.execute(_SET_STATE, dict(zip(_VALUES, values, strict=True)) | {"ids": ids})


def batches(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    """Yield the ids for each statement, whose number of parameters is limited."""
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]


def sanitize(text: str) -> str:
    """Replace characters that the database cannot store, because a NUL would fail all updates of the claim."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
