"""Public keys that may verify tokens."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

MIN_RSA_BITS = 2048
"""For RS256 (RFC 7518, 3.3). A shorter key can be factored, and then signs any token."""


def key_error(key: Any, algorithm: str) -> str | None:
    """Return what a key of the algorithm must be and is not, or None.

    A private key is refused too: where one is published, others can sign with it.
    """
    if algorithm == "RS256":
        if not isinstance(key, RSAPublicKey):
            return "must be a public RSA key"
        return None if key.key_size >= MIN_RSA_BITS else f"must have at least {MIN_RSA_BITS} bits, not {key.key_size}"
    if algorithm == "ES256":
        fits = isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)
        return None if fits else "must be a public key of the curve P-256"
    return None if isinstance(key, Ed25519PublicKey | Ed448PublicKey) else "must be a public Ed25519 or Ed448 key"
