"""Signed carts of the cart service."""

import hashlib
import hmac
from typing import Any

import rfc8785

from tests.support.secrets import CART_SECRET

LAMP: dict[str, Any] = {"sku": "LAMP-1", "title": "Lamp", "quantity": 2, "unitPriceCents": 2500}
CABLE: dict[str, Any] = {"sku": "CABLE-7", "title": "Cable", "quantity": 1, "unitPriceCents": 2500}


def cart(user_id: str | None, *items: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A signed cart: two lamps and a cable unless other items are given."""
    things = items or (LAMP, CABLE)
    content = {
        "snapshotId": "0b9c7f0e-6f3c-4f6f-9d0a-3d1f6f0f3a10",
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
        "createdAt": "2024-01-01T00:05:00.000Z",
        "userId": user_id,
        "pricingSnapshot": {"rules": [{"name": "none", "factor": 1.0}]},
    }
    return signed(content | members)


def signed(content: dict[str, Any], *, secret: str = CART_SECRET) -> dict[str, Any]:
    """The snapshot with its signature."""
    text = rfc8785.dumps({name: value for name, value in content.items() if name != "signature"})
    return content | {"signature": hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()}
