"""Examples of the documentation page that need the demonstration's own data: its password, a token, a signed cart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from orders_adapters.security.cart_signatures import sign
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.order import Order
from orders_domain.model.order_filter import OrderFilter
from orders_domain.model.origin import Origin
from orders_domain.model.status import OrderStatus
from orders_domain.use_cases import ListOrders, ListTemplates
from orders_flask.bootstrap.auth import issue_dev_token
from orders_flask.bootstrap.demo_accounts import DEMO_ACCOUNTS
from orders_flask.bootstrap.demo_files import demo_file_parameters
from orders_flask.bootstrap.demo_orders import demo_parameters
from orders_flask.bootstrap.demo_webhooks import demo_webhook_parameters, new_webhook_example
from orders_flask.bootstrap.local_secrets import cart_secrets, local_secrets
from orders_flask.settings import Settings
from orders_flask.use_cases import UseCases

CUSTOMER = "ann"
_ITEMS: tuple[dict[str, Any], ...] = (
    {"sku": "TEA-1", "title": "Darjeeling, 250 g", "quantity": 2, "unitPriceCents": 3700},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoExamples:
    """``bodies`` are by operationId, ``parameters`` by the name or by the segment of the path before them.

    ``operation_parameters`` are by operationId and name, and go before ``parameters``.
    """

    bodies: Mapping[str, Mapping[str, Any]]
    parameters: Mapping[str, str | int]
    operation_parameters: Mapping[str, Mapping[str, str]]


def make_demo_examples(settings: Settings, use_cases: UseCases) -> DemoExamples:
    """Return examples that succeed now, of the customer's newest order and template.

    Raises:
        StoreUnavailable: the store is unavailable.
    """
    cart = _signed_cart(settings)
    password = local_secrets(settings).demo_password
    token = issue_dev_token(
        settings,
        subject=CUSTOMER,
        role=DEMO_ACCOUNTS[CUSTOMER],
        scopes=(),
        seconds=3600,
        demo=True,
        family=str(uuid4()),
    )
    bodies: dict[str, Mapping[str, Any]] = {
        "auth_sign_in": {"email": f"{CUSTOMER}@example.com", "password": password},
        "auth_refresh_token": {"token": token},
        "checkout_place_cart_order": {"cartSnapshot": cart},
        "shop_add_webhook": new_webhook_example(),
    }
    parameters = {**demo_parameters(use_cases), **demo_file_parameters(use_cases), **demo_webhook_parameters(use_cases)}
    return DemoExamples(bodies=bodies, parameters=_existing(use_cases), operation_parameters=parameters)


def _signed_cart(settings: Settings) -> dict[str, Any]:
    totals = {
        "itemCount": len(_ITEMS),
        "totalQuantity": sum(item["quantity"] for item in _ITEMS),
        "subtotalCents": sum(item["quantity"] * item["unitPriceCents"] for item in _ITEMS),
        "currency": settings.default_currency,
    }
    cart = {
        "snapshotId": str(uuid4()),
        "cartId": str(uuid4()),
        "cartVersion": 1,
        "currency": settings.default_currency,
        "items": list(_ITEMS),
        "totals": totals,
        "createdAt": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "userId": CUSTOMER,
    }
    return {**cart, "signature": sign(cart, secret=cart_secrets(settings)[0])}


def _existing(use_cases: UseCases) -> dict[str, str | int]:
    ann = Actor(subject=CUSTOMER)
    orders = use_cases.list_orders(ListOrders(actor=ann, order_filter=OrderFilter(user_id=CUSTOMER))).orders
    templates = use_cases.list_templates(ListTemplates(actor=ann, limit=1))
    found: dict[str, str | int] = {"user_id": CUSTOMER, "products": 1, "If-Match": "*"}
    if orders:
        found |= {"order_ref": str(_pending(orders, Origin.ORDERS, Origin.CHECKOUT).id)}
        found |= {"orders": _pending(orders, Origin.MANAGEMENT).number or 1}
    if templates:
        found |= {"templates": templates[0].id}
    return found


def _pending(orders: tuple[Order, ...], *origins: Origin) -> Order:
    """Return the newest pending order of the first contract that has one, otherwise the newest order."""
    pending = [order for order in orders if order.status is OrderStatus.PENDING]
    wanted = (order for origin in origins for order in pending if order.origin is origin)
    return next(wanted, orders[0])
