"""Sign carts: one JSON snapshot a line in, the same with its signature out.

    CART_SNAPSHOT_SECRET=... python sign_cart.py < carts.jsonl

Needs the package rfc8785. Where CART_SNAPSHOT_SECRET is a list, the first secret signs.
"""

import hashlib
import hmac
import json
import os
import sys
from typing import Any

import rfc8785


def sign_cart(snapshot: dict[str, Any], secret: str) -> dict[str, Any]:
    """Return the snapshot with its signature, hexadecimal HMAC-SHA256 over the canonical JSON of all else."""
    rest = {name: value for name, value in snapshot.items() if name != "signature"}
    digest = hmac.new(secret.encode(), rfc8785.dumps(rest), hashlib.sha256).hexdigest()
    return {**rest, "signature": digest}


if __name__ == "__main__":
    newest = os.environ["CART_SNAPSHOT_SECRET"].split(",")[0].strip()
    for line in sys.stdin:
        print(json.dumps(sign_cart(json.loads(line), newest)))
