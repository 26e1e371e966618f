"""Webhook components: the sender, secrets, and a line about the endpoints for operators."""

from __future__ import annotations

from datetime import datetime, timedelta

from orders_adapters.serialization import webhook_signatures
from orders_domain.ports.webhooks.deliveries import WebhookQueue
from orders_domain.ports.webhooks.endpoints import WebhookEndpointRepository
from orders_domain.ports.webhooks.sender import WebhookSender
from orders_domain.use_cases.webhooks.deliver_webhooks import MAX_CONCURRENCY
from orders_flask.settings import Settings

LATE = timedelta(minutes=5)
new_webhook_secret = webhook_signatures.new_secret


def webhook_sender(settings: Settings) -> WebhookSender:
    from orders_adapters.http.webhook_sender import HttpWebhookSender

    return HttpWebhookSender(allowed=settings.webhook_targets)


def max_webhook_attempts(settings: Settings) -> int:
    """Return the attempts at a time of a process: enough for all endpoints, so that none waits for another."""
    return settings.webhook_max_endpoints * MAX_CONCURRENCY


def examine_webhooks(
    endpoints: WebhookEndpointRepository, queue: WebhookQueue, *, now: datetime
) -> tuple[str | None, str | None]:
    """Return a line about the endpoints, None without any, and what an operator should do about them, or None."""
    present = endpoints.list()
    if not present:
        return None, None
    backlog = queue.backlog()
    line = f"{len(present)} endpoints, {backlog.waiting} deliveries wait"
    if backlog.oldest_due and now - backlog.oldest_due > LATE:
        return line, "Webhooks are late: no process delivers them, or an endpoint is slow; start: orders webhooks"
    off = [endpoint for endpoint in present if not endpoint.is_enabled]
    names = ", ".join(str(endpoint.id) for endpoint in off[:5])
    return line, f"{len(off)} webhook endpoints are disabled: {names}; see: orders webhooks list" if off else None
