"""The due events of one shard, and what became of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, update

from orders_adapters.sql import tables
from orders_domain.ports.outbox import OutboxState, Outgoing

_MARK = (
    update(tables.outbox)
    .where(tables.outbox.c.event_id == bindparam("marked"))
    .values({name: bindparam(name) for name in ("state", "due_at", "attempts", "last_error")})
)


class Claim:
    def __init__(self, outgoing: Sequence[Outgoing]) -> None:
        self.outgoing = outgoing
        self._marks: dict[UUID, dict[str, Any]] = {}

    def mark(
        self,
        event_id: UUID,
        *,
        state: OutboxState,
        due_at: datetime,
        attempts: int,
        last_error: str | None = None,
    ) -> None:
        self._marks[event_id] = {
            "marked": event_id,
            "state": state,
            "due_at": due_at,
            "attempts": attempts,
            "last_error": None if last_error is None else storable(last_error),
        }

    def write(self, connection: Connection) -> None:
        """All marks at once: the driver sends them in one go."""
        if self._marks:
            connection.execute(_MARK, list(self._marks.values()))


def storable(text: str) -> str:
    """What a broker said, as the database can keep it: a NUL would cost us all marks of the claim."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
