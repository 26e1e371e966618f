"""Use cases: look at the events of the outbox, and publish some again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor
from orders_domain.ports.clock import Clock
from orders_domain.ports.outbox import Outbox, OutboxBacklog, OutboxMessage, OutboxState

BATCH = 1_000
"""The parked events that are read at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOutbox:
    """The events in one of the states, oldest first."""

    actor: Actor
    states: frozenset[OutboxState]
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEvents:
    """The selected events, and the number of all that are not sent yet."""

    messages: Sequence[OutboxMessage]
    backlog: OutboxBacklog


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendEvents:
    """The events to publish again; with ``parked`` also all that are parked now."""

    actor: Actor
    event_ids: tuple[UUID, ...] = ()
    parked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResentEvents:
    """The number of events that wait again, and the ids of no parked or sent event."""

    requeued: int
    missing: tuple[UUID, ...] = ()


def list_outbox(request: ListOutbox, *, outbox: Outbox) -> OutboxEvents:
    """Return the events and the backlog.

    Raises:
        AccessDenied: the actor is not an administrator.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    return OutboxEvents(messages=outbox.select(states=request.states, limit=request.limit), backlog=outbox.backlog())


def resend_events(request: ResendEvents, *, outbox: Outbox, clock: Clock) -> ResentEvents:
    """Let a running relay publish the events again, with the same ids.

    Raises:
        AccessDenied: the actor is not an administrator.
        StoreUnavailable: the store is unavailable; some events may wait again.
    """
    ADMIN_ONLY.authorize(request.actor)
    ids = tuple(dict.fromkeys(request.event_ids))
    missing = tuple(event_id for event_id in ids if not outbox.requeue([event_id], now=clock()))
    count = len(ids) - len(missing)
    if request.parked:
        count += _requeue_parked(outbox, clock)
    return ResentEvents(requeued=count, missing=missing)


def _requeue_parked(outbox: Outbox, clock: Clock) -> int:
    """Requeue as many events as are parked now, and no more: the broker may reject events again while this runs."""
    parked, requeued = outbox.backlog().parked, 0
    while left := parked - requeued:
        messages = outbox.select(states=frozenset({OutboxState.PARKED}), limit=min(left, BATCH))
        if not messages:
            break
        requeued += outbox.requeue([message.event.id for message in messages], now=clock())
    return requeued
