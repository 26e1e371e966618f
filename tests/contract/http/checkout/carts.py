"""Signed carts of the cart service."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import rfc8785

from tests.support.secrets import CART_SECRET

LAMP: dict[str, Any] = {"sku": "LAMP-1", "title": "Lamp", "quantity": 2, "unitPriceCents": 2500}
CABLE: dict[str, Any] = {"sku": "CABLE-7", "title": "Cable", "quantity": 1, "unitPriceCents": 2500}


def moment(**ago: float) -> str:
    """A time before now, as the cart service writes it."""
    return (datetime.now(UTC) - timedelta(**ago)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


CREATED_AT = moment(minutes=1)


def cart(user_id: str | None, *items: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A signed cart: two lamps and a cable unless other items are given.

    The snapshot is the same for the same user, items and members; each cart of a guest is another one.
    """
    things = items or (LAMP, CABLE)
    content = {
        "snapshotId": _snapshot_id(user_id, things, members),
        "cartId": "9a4a3f2c-53c3-4c58-8b1c-1f2f4f6f7a20",
        "cartVersion": 5,
        "currency": "USD",
        "items": list(things),
        "totals": {
            "itemCount": len(things),
            "totalQuantity": sum(thing["quantity"] for thing in things),
            "subtotalCents": sum(thing["quantity"] * thing["unitPriceCents"] for thing in things),
            "currency": "USD",
        },
        "createdAt": CREATED_AT,
        "userId": user_id,
        "pricingSnapshot": {"rules": [{"name": "none", "factor": 1.0}]},
    }
    return signed(content | members)


def signed(content: dict[str, Any], *, secret: str = CART_SECRET) -> dict[str, Any]:
    """The snapshot with its signature."""
    text = rfc8785.dumps({name: value for name, value in content.items() if name != "signature"})
    return content | {"signature": hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()}


def another(snapshot: dict[str, Any]) -> dict[str, Any]:
    """A further snapshot with the same content."""
    return signed(snapshot | {"snapshotId": str(uuid4())})


def _snapshot_id(user_id: str | None, *content: Any) -> str:
    if user_id is None:
        return str(uuid4())
    return hashlib.sha256(json.dumps([user_id, *content]).encode()).hexdigest()
