"""Use cases: look at messages that consumers have rejected, and let them be consumed again."""

from __future__ import annotations

from dataclasses import dataclass

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor
from orders_domain.ports.events.dead_letters import DeadLetterPage, DeadLetters


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDeadLetters:
    """At most ``limit`` dead letters of each queue, the first ones."""

    actor: Actor
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendDeadLetters:
    """The dead letters to return to their queues; None for all, but at most ``limit``."""

    actor: Actor
    ids: frozenset[str] | None = None
    limit: int | None = None


def list_dead_letters(request: ListDeadLetters, *, dead_letters: DeadLetters) -> DeadLetterPage:
    """Return the dead letters, which stay where they are, and the number of all.

    Raises:
        AccessDenied: the actor is not an administrator.
        BrokerUnavailable: the broker is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    return dead_letters.select(limit=request.limit)


def resend_dead_letters(request: ResendDeadLetters, *, dead_letters: DeadLetters) -> int:
    """Return dead letters to the queues they came from, where a running consumer receives them; return their number.

    A message that was processed meanwhile has no effect, because a dead letter is not recorded as processed.

    Raises:
        AccessDenied: the actor is not an administrator.
        BrokerUnavailable: the broker is unavailable; some messages may be consumed again.
    """
    ADMIN_ONLY.authorize(request.actor)
    return dead_letters.requeue(request.ids, limit=request.limit)
