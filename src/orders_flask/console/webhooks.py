"""Pages of webhooks: the endpoints, and of one endpoint its deliveries, which can be repeated."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, request
from werkzeug.wrappers import Response

from orders_domain.errors import OrdersError
from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.order_ref import parse_number
from orders_domain.model.webhooks.delivery import DeliveryState
from orders_domain.use_cases.webhooks import (
    DisableWebhook,
    EnableWebhook,
    GetWebhook,
    ListWebhookDeliveries,
    ListWebhooks,
    RedeliverWebhook,
    SendTestWebhook,
)
from orders_flask.console.formats import count
from orders_flask.console.forms import text
from orders_flask.console.pages import page, to
from orders_flask.web.authentication import requires
from orders_flask.web.context import actor, use_cases


def register(console: Blueprint) -> None:
    console.get("/webhooks")(requires(ADMIN_ONLY)(webhooks))
    console.get("/webhooks/<uuid:webhook_id>")(requires(ADMIN_ONLY)(webhook))
    for path, function in (
        ("redeliver", redeliver),
        ("enable", enable_webhook),
        ("disable", disable_webhook),
        ("test", send_test),
    ):
        console.post(f"/webhooks/<uuid:webhook_id>/{path}")(requires(ADMIN_ONLY)(function))


def webhooks() -> Response:
    return page("webhooks.html", endpoints=use_cases().list_webhooks(ListWebhooks(actor=actor())))


def webhook(webhook_id: UUID) -> Response:
    """Show a page of the deliveries, newest first."""
    chosen = request.args.get("state", "")
    state = next((state for state in DeliveryState if state.value == chosen), None)
    endpoint = use_cases().get_webhook(GetWebhook(actor=actor(), webhook_id=webhook_id))
    before = parse_number(request.args.get("before", ""))
    deliveries = use_cases().list_webhook_deliveries(
        ListWebhookDeliveries(actor=actor(), webhook_id=webhook_id, state=state, before=before)
    )
    return page("webhook.html", endpoint=endpoint, deliveries=deliveries, state=state, states=list(DeliveryState))


def redeliver(webhook_id: UUID) -> Response:
    """Queue one delivery again, or all that have failed."""
    chosen = parse_number(text("delivery"))
    repeated = RedeliverWebhook(actor=actor(), webhook_id=webhook_id, delivery_ids=None if chosen is None else [chosen])
    try:
        number = use_cases().redeliver_webhook(repeated)
    except OrdersError as error:
        return to("webhook", webhook_id=webhook_id, failure=str(error))
    if not number:
        return to("webhook", webhook_id=webhook_id, failure="Nothing was queued: no such delivery has ended.")
    return to("webhook", webhook_id=webhook_id, notice=f"Queued again: {_deliveries(number)}.")


def enable_webhook(webhook_id: UUID) -> Response:
    use_cases().enable_webhook(EnableWebhook(actor=actor(), webhook_id=webhook_id))
    return to("webhook", webhook_id=webhook_id, notice="The endpoint is enabled.")


def disable_webhook(webhook_id: UUID) -> Response:
    use_cases().disable_webhook(DisableWebhook(actor=actor(), webhook_id=webhook_id))
    return to("webhook", webhook_id=webhook_id, notice="The endpoint is disabled.")


def send_test(webhook_id: UUID) -> Response:
    try:
        use_cases().send_test_webhook(SendTestWebhook(actor=actor(), webhook_id=webhook_id))
    except OrdersError as error:
        return to("webhook", webhook_id=webhook_id, failure=str(error))
    return to("webhook", webhook_id=webhook_id, notice="A test event is queued.")


def _deliveries(number: int) -> str:
    return count(number, "delivery") if number == 1 else f"{number:,} deliveries"
