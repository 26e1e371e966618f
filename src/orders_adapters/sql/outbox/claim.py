"""Claim of shards: their due messages and the new states of these."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, update

from orders_adapters.sql import tables
from orders_domain.ports.outbox import OutboxMessage, OutboxState, ShardClaim

_SET_STATE = (
    update(tables.outbox)
    .where(tables.outbox.c.event_id == bindparam("target_id"))
    .values({name: bindparam(name) for name in ("state", "due_at", "attempts", "last_error")})
)


class SqlShardClaim(ShardClaim):
    def __init__(self, messages: Sequence[OutboxMessage]) -> None:
        self._messages = messages
        self._states: dict[UUID, dict[str, Any]] = {}

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
        self._states[event_id] = {
            "target_id": event_id,
            "state": state,
            "due_at": due_at,
            "attempts": attempts,
            "last_error": None if last_error is None else sanitize(last_error),
        }

    def write(self, connection: Connection) -> None:
        """Write all states in one batch."""
        if self._states:
            connection.execute(_SET_STATE, list(self._states.values()))


def sanitize(text: str) -> str:
    """Replace characters that the database cannot store, because a NUL would fail all updates of the claim."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
