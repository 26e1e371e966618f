"""Dead letter port: messages that consumers have rejected, and their return to the queues they came from."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

MAX_EXCERPT = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A rejected message. Equal messages of a queue have the same id."""

    id: str  # 64 hexadecimal digits
    queue: str  # from which it was consumed
    reason: str  # empty if only the broker has rejected it
    excerpt: str  # the first MAX_EXCERPT characters of its body
    size: int  # of its body, in bytes

    @classmethod
    def of(cls, body: bytes, *, queue: str, reason: str) -> DeadLetter:
        """Return the dead letter of a message with this body; bytes that are no text are escaped in its excerpt."""
        excerpt = body[: 4 * MAX_EXCERPT].decode(errors="backslashreplace")[:MAX_EXCERPT]
        return cls(id=dead_letter_id(body, queue=queue), queue=queue, reason=reason, excerpt=excerpt, size=len(body))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterPage:
    """The first dead letters of each queue, and the number of all."""

    letters: Sequence[DeadLetter]
    total: int


class DeadLetters(Protocol):
    """The dead letters of all consumers. Every method raises BrokerUnavailable if the broker is unavailable."""

    def select(self, *, limit: int) -> DeadLetterPage:
        """Return at most ``limit`` dead letters of each queue, the first ones; they stay where they are."""
        ...

    def requeue(self, ids: Collection[str] | None = None, *, limit: int | None = None) -> int:
        """Return the dead letters with these ids to their queues, by default all there are now; return their number.

        At most ``limit`` of them, if it is given.

        A process that dies meanwhile loses none, and may have left one in both queues.
        """
        ...


def dead_letter_id(body: bytes, *, queue: str) -> str:
    return hashlib.sha256(queue.encode() + b"\n" + body).hexdigest()
