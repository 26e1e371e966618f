"""Whoever shows a token, and what their token can be ended by."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from orders_domain.model.actor import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """A token that was verified: whom it speaks for, until when, and its marks.

    ``mark`` is a hash that this token alone has. ``family`` names all tokens that came from one sign-in of ours; it is
    None where the token did not.
    """

    actor: Actor
    expires: datetime
    mark: str
    family: str | None = None

    @property
    def marks(self) -> tuple[str, ...]:
        """What the denylist may have of the token."""
        return (self.mark, _mark_of_family(self.family)) if self.family else (self.mark,)

    def ending(self, *, at: datetime, life: timedelta) -> dict[str, datetime]:
        """Return what ends the token and its family: marks, each until no token has it any more.

        ``life`` is that of a token. One that is being made at this moment lives a little longer than ``at + life``.
        """
        return dict.fromkeys(self.marks, max(self.expires, at + 2 * life))


def _mark_of_family(name: str) -> str:
    return hashlib.sha256(f"family {name}".encode()).hexdigest()
