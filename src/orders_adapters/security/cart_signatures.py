"""Cart signatures: HMAC-SHA256 over the cart's canonical JSON (RFC 8785), without the signature (clause 004-05)."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import rfc8785

from orders_domain.model.cart import Cart


class HmacCartVerifier:
    """Accepts a cart that is signed with any of the ``secrets``, which are ordered newest first."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = [secret.encode() for secret in secrets]

    def __call__(self, cart: Cart) -> bool:
        signature = str(cart.content["signature"]).lower().encode()
        try:
            signed = canonical(cart.content)
        except rfc8785.CanonicalizationError:  # no client can have signed a number that JavaScript cannot represent
            return False
        # Every key is compared, so that the time does not depend on which one matches.
        matches = [hmac.compare_digest(signature, _hex(key, signed)) for key in self._keys]
        return True in matches


def canonical(content: Mapping[str, Any]) -> bytes:
    """Return the bytes of a cart snapshot that are signed.

    Raises:
        CanonicalizationError: the snapshot has a whole number beyond 2^53 - 1.
    """
    return rfc8785.dumps({name: value for name, value in content.items() if name != "signature"})


def _hex(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).hexdigest().encode()
