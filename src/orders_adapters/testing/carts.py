"""Consistent carts of a customer or a guest."""

from typing import Any

from orders_domain.model.cart import Cart
from orders_domain.model.values.json_values import JSON

TWO_LAMPS: dict[str, Any] = {"sku": "LAMP-1", "title": "Lamp", "quantity": 2, "unitPriceCents": 2500}
ONE_CABLE: dict[str, Any] = {"sku": "CABLE-7", "title": "Cable", "quantity": 1, "unitPriceCents": 850}


def content(*items: dict[str, Any], user_id: str | None = "ada", **others: JSON) -> dict[str, Any]:
    """The members of a cart snapshot: two lamps and a cable unless other items are given."""
    things: tuple[dict[str, Any], ...] = items or (TWO_LAMPS, ONE_CABLE)
    currency = others.get("currency", "USD")
    return {
        "snapshotId": "snapshot-1",
        "cartId": "cart-1",
        "cartVersion": 5,
        "currency": currency,
        "items": list(things),
        "totals": {
            "itemCount": len(things),
            "totalQuantity": sum(thing["quantity"] for thing in things),
            "subtotalCents": sum(thing["quantity"] * thing["unitPriceCents"] for thing in things),
            "currency": currency,
        },
        "createdAt": "2026-03-14T11:55:00.000Z",
        "userId": user_id,
        "signature": "signed",
        **others,
    }


def cart(*items: dict[str, Any], user_id: str | None = "ada", **others: JSON) -> Cart:
    return Cart(content(*items, user_id=user_id, **others))
