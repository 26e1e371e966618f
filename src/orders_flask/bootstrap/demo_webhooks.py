"""Webhook endpoints of the demonstration, one for each operation of the documentation page on an endpoint.

Their host does not exist, and hardly any event has their type.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from uuid import UUID, uuid4

from orders_domain.model.accounts.actor import Actor, Role
from orders_domain.model.events import ORDER_ERASED
from orders_domain.model.webhooks.endpoint import TooManyWebhooks
from orders_domain.use_cases.webhooks import AddWebhook, ListWebhookDeliveries, ListWebhooks, SendTestWebhook
from orders_flask.use_cases import UseCases

_ADMIN = Actor(subject="admin", role=Role.ADMIN)
_URL = "https://receiver.example"
_REDELIVER = "shop_redeliver_webhook"
_OPERATIONS = (
    "shop_get_webhook",
    "shop_remove_webhook",
    "shop_enable_webhook",
    "shop_disable_webhook",
    "shop_rotate_webhook_secret",
    "shop_send_test_webhook",
    "shop_list_webhook_deliveries",
    _REDELIVER,
)


def new_webhook_example() -> Mapping[str, str]:
    """Return a body with a URL that no endpoint has."""
    return {"url": f"{_URL}/{uuid4()}"}


def demo_webhook_parameters(use_cases: UseCases) -> Mapping[str, Mapping[str, str]]:
    """Add the endpoints that are missing, and return the parameters of the operations on them, by operationId.

    Raises:
        StoreUnavailable: the store is unavailable.
    """
    known = {endpoint.url: endpoint.id for endpoint in use_cases.list_webhooks(ListWebhooks(actor=_ADMIN))}
    found: dict[str, Mapping[str, str]] = {}
    with suppress(TooManyWebhooks):
        for operation in _OPERATIONS:
            url = f"{_URL}/{operation}"
            webhook_id = known.get(url) or _added(use_cases, url)
            parameters = {"webhook_id": str(webhook_id)}
            if operation == _REDELIVER:
                parameters["delivery_id"] = str(_delivery_of(use_cases, webhook_id))
            found[operation] = parameters
    return found


def _added(use_cases: UseCases, url: str) -> UUID:
    return use_cases.add_webhook(AddWebhook(actor=_ADMIN, url=url, types=(ORDER_ERASED,))).id


def _delivery_of(use_cases: UseCases, webhook_id: UUID) -> int:
    page = use_cases.list_webhook_deliveries(ListWebhookDeliveries(actor=_ADMIN, webhook_id=webhook_id, limit=1))
    if page.deliveries:
        return page.deliveries[0].id
    return use_cases.send_test_webhook(SendTestWebhook(actor=_ADMIN, webhook_id=webhook_id)).delivery.id
