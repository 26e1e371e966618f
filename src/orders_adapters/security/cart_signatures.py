"""The signature of a cart: HMAC-SHA256 over its canonical JSON (RFC 8785), without the signature (clause 004-05)."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import rfc8785

from orders_domain.model.cart import Cart


class HmacCartVerifier:
    """``secrets`` are the keys in use, the newest first; a cart signed with any of them is signed."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = [secret.encode() for secret in secrets]

    def __call__(self, cart: Cart) -> bool:
        signature = str(cart.content["signature"]).lower().encode()
        try:
            signed = canonical(cart.content)
        except rfc8785.CanonicalizationError:  # a number that JavaScript has not, so that nobody has signed it
            return False
        fits = [hmac.compare_digest(signature, _hex(key, signed)) for key in self._keys]  # all, whichever does
        return True in fits


def canonical(content: Mapping[str, Any]) -> bytes:
    """Return what is signed of a snapshot.

    Raises:
        CanonicalizationError: it has a whole number beyond 2^53 - 1.
    """
    return rfc8785.dumps({name: value for name, value in content.items() if name != "signature"})


def _hex(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).hexdigest().encode()
