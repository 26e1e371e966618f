"""Verification of cart signatures."""

from __future__ import annotations

from orders_adapters.security.cart_signatures import HmacCartVerifier
from orders_domain.ports.cart_signatures import CartSignatureVerifier
from orders_flask.bootstrap.local_secrets import cart_secrets
from orders_flask.settings import Settings


def signatures(settings: Settings) -> CartSignatureVerifier:
    return HmacCartVerifier(cart_secrets(settings))
