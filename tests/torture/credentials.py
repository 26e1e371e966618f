"""Tokens and signed carts, made by the standards and without the service's code."""

import hashlib
import hmac
import time
from datetime import UTC, datetime
from typing import Any

import jwt
import rfc8785

JWT_SECRET = "torture-token-secret-of-more-than-32-bytes"
CART_SECRET = "torture-cart-secret-of-more-than-32-bytes"
PASSWORD = "correct horse battery staple"
LIFETIME = 24 * 3600  # seconds


def bearer_token(subject: str, *, role: str = "customer", scope: str = "") -> str:
    """Return a token as an identity provider would issue it."""
    claims = {"sub": subject, "exp": int(time.time()) + LIFETIME, "role": role, "scope": scope}
    return jwt.encode(claims, JWT_SECRET, algorithm="HS256")


def signed_cart(snapshot_id: str, *, user_id: str, quantity: int, secret: str = CART_SECRET) -> dict[str, Any]:
    """Return a consistent cart snapshot with its signature."""
    price = 250
    cart: dict[str, Any] = {
        "snapshotId": snapshot_id,
        "cartId": f"cart-{snapshot_id}",
        "cartVersion": 1,
        "currency": "USD",
        "items": [{"sku": "LAMP", "title": "Lamp", "quantity": quantity, "unitPriceCents": price}],
        "totals": {
            "itemCount": 1,
            "totalQuantity": quantity,
            "subtotalCents": quantity * price,
            "currency": "USD",
        },
        "createdAt": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "userId": user_id,
    }
    signature = hmac.new(secret.encode(), rfc8785.dumps(cart), hashlib.sha256).hexdigest()
    return cart | {"signature": signature}
