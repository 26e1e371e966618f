"""Page of dead letters: messages that consumers have rejected, which can be consumed again."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from orders_domain.errors import BrokerUnavailable
from orders_domain.model.access import ADMIN_ONLY
from orders_domain.ports.events.dead_letters import DeadLetterPage
from orders_domain.use_cases import ListDeadLetters, ResendDeadLetters
from orders_flask.console.formats import count
from orders_flask.console.forms import text
from orders_flask.console.pages import page, to
from orders_flask.web.authentication import requires
from orders_flask.web.context import actor, use_cases

LIMIT = 100
RESENT_AT_ONCE = 1_000
"""The dead letters that one request resends: the broker confirms one after the other, in some milliseconds."""
_UNAVAILABLE = "The broker is unavailable, or refuses access to its dead letters; the log says why. Try again later."


def register(console: Blueprint) -> None:
    console.get("/dead-letters")(requires(ADMIN_ONLY)(dead_letters))
    console.post("/dead-letters/resend")(requires(ADMIN_ONLY)(resend_dead_letters))


def dead_letters() -> Response:
    """Show the first dead letters of each queue."""
    found, failure = DeadLetterPage(letters=(), total=0), ""
    try:
        found = use_cases().list_dead_letters(ListDeadLetters(actor=actor(), limit=LIMIT))
    except BrokerUnavailable:
        failure = _UNAVAILABLE
    return page("dead_letters.html", status=503 if failure else 200, found=found, failure=failure, limit=LIMIT)


def resend_dead_letters() -> Response:
    """Let consumers receive one dead letter again, or all that there are."""
    chosen = text("letter")
    try:
        resent = use_cases().resend_dead_letters(
            ResendDeadLetters(actor=actor(), ids=frozenset({chosen}) if chosen else None, limit=RESENT_AT_ONCE)
        )
    except BrokerUnavailable:
        return to("dead_letters", failure=_UNAVAILABLE)
    if not resent:
        return to("dead_letters", failure="Nothing was resent: there is no such dead letter.")
    more = " There may be more: resend again." if resent == RESENT_AT_ONCE else ""
    return to("dead_letters", notice=f"Resent: {count(resent, 'message')}.{more}")
