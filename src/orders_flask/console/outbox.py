"""Page of the outbox: events that wait, and those that the broker has rejected, which can be published again."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from flask import Blueprint, request
from werkzeug.wrappers import Response

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.ports.outbox import OutboxState
from orders_domain.use_cases import ListOutbox, ResendEvents
from orders_flask.console.formats import count
from orders_flask.console.forms import text
from orders_flask.console.pages import page, to
from orders_flask.web.authentication import requires
from orders_flask.web.context import actor, use_cases

LIMIT = 100


def register(console: Blueprint) -> None:
    console.get("/outbox")(requires(ADMIN_ONLY)(outbox))
    console.post("/outbox/resend")(requires(ADMIN_ONLY)(resend))


def outbox() -> Response:
    """Show the events of a state, oldest first; by default those that are not sent."""
    chosen = request.args.get("state", "")
    state = next((state for state in OutboxState if state.value == chosen), None)
    states = frozenset({state} if state else {OutboxState.WAITING, OutboxState.PARKED})
    found = use_cases().list_outbox(ListOutbox(actor=actor(), states=states, limit=LIMIT))
    return page(
        "outbox.html",
        messages=found.messages,
        backlog=found.backlog,
        state=state,
        states=list(OutboxState),
        limit=LIMIT,
        resendable=(OutboxState.PARKED, OutboxState.SENT),
    )


def resend() -> Response:
    """Let the relay publish one event again, or all that are parked."""
    chosen = text("event")
    ids: tuple[UUID, ...] = ()
    with suppress(ValueError):
        ids = (UUID(chosen),) if chosen else ()
    resent = use_cases().resend_events(ResendEvents(actor=actor(), event_ids=ids, parked=not chosen))
    if not resent.requeued:
        return to("outbox", failure="Nothing was queued: no such event is parked or sent.")
    return to("outbox", notice=f"Queued again: {count(resent.requeued, 'event')}.")
