"""User notifications of order changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A notification for one user. Its id is the same at every delivery, so that consumers can deduplicate."""

    id: UUID
    user_id: str
    order: str  # the short number
    message: str
    occurred_at: datetime
