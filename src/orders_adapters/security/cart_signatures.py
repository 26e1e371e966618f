"""Cart signatures: HMAC-SHA256 over the cart's JSON text, without the signature (clause 004-05).

The text is the canonical JSON (RFC 8785), or that of ECMAScript's ``JSON.stringify`` with the members in the order in
which they were received. Both texts parse to the same values, so that no cart is valid with other values than those
that were signed.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import rfc8785

from orders_domain.model.cart import Cart

_MAX_EXACT = 2**53 - 1
_MAX_WITHOUT_EXPONENT = 10**21


class HmacCartVerifier:
    """Accepts a cart that is signed with any of the ``secrets``, which are ordered newest first."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = [secret.encode() for secret in secrets]

    def __call__(self, cart: Cart) -> bool:
        signature = str(cart.content["signature"]).lower().encode()
        try:
            texts = canonical(cart.content), stringified(cart.content)
        except rfc8785.CanonicalizationError:  # no client can have signed a number that JavaScript does not write
            return False
        # Every key and text is compared, so that the time does not depend on which one matches.
        matches = [hmac.compare_digest(signature, _hex(key, text)) for key in self._keys for text in texts]
        return True in matches


def sign(content: Mapping[str, Any], *, secret: str) -> str:
    """Return the signature of a cart snapshot in its canonical form.

    Raises:
        CanonicalizationError: the snapshot has a whole number that JavaScript does not write.
    """
    return _hex(secret.encode(), canonical(content)).decode()


def canonical(content: Mapping[str, Any]) -> bytes:
    """Return the canonical JSON of a cart snapshot, without its signature.

    Raises:
        CanonicalizationError: the snapshot has a whole number that JavaScript does not write.
    """
    return rfc8785.dumps(_unsigned(content))


def stringified(content: Mapping[str, Any]) -> bytes:
    """Return what ``JSON.stringify`` makes of a cart snapshot without its signature, with its members in their order.

    Raises:
        CanonicalizationError: the snapshot has a whole number that JavaScript does not write.
    """
    return _stringify(_unsigned(content))


def _stringify(value: Any) -> bytes:
    if isinstance(value, Mapping):
        members = (rfc8785.dumps(name) + b":" + _stringify(member) for name, member in value.items())
        return b"{" + b",".join(members) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(_stringify, value)) + b"]"
    return rfc8785.dumps(value)  # RFC 8785 takes its strings and numbers from ECMAScript


def _unsigned(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _as_signed(value) for name, value in content.items() if name != "signature"}


def _as_signed(value: Any) -> Any:
    """Return the value with the doubles that JavaScript writes without a fraction, beyond 2^53 - 1, as floats.

    A whole number that JavaScript writes with other digits stays, and is refused.
    """
    if isinstance(value, Mapping):
        return {name: _as_signed(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_as_signed(member) for member in value]
    if type(value) is int and _MAX_EXACT < abs(value) < _MAX_WITHOUT_EXPONENT:
        double = float(value)
        return double if rfc8785.dumps(double) == str(value).encode() else value
    return value


def _hex(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).hexdigest().encode()
