"""Page of the components: which can be reached, and why one cannot."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from orders_domain.model.access import ADMIN_ONLY
from orders_flask.console.pages import page
from orders_flask.web.context import actor
from orders_flask.web.health import component_states


def register(console: Blueprint) -> None:
    console.get("/health")(health)


def health() -> Response:
    """Show the last result of each check; only administrators see the reasons, which name hosts."""
    return page("health.html", components=component_states(), shows_reasons=ADMIN_ONLY.grants_all(actor()))
