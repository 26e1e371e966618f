"""Verification of cart signatures, and the policy on carts."""

from __future__ import annotations

from datetime import timedelta

from orders_adapters.security.cart_signatures import HmacCartVerifier
from orders_domain.ports.cart_signatures import CartSignatureVerifier
from orders_domain.use_cases import CartPolicy
from orders_flask.bootstrap.local_secrets import cart_secrets
from orders_flask.settings import Settings


def signatures(settings: Settings) -> CartSignatureVerifier:
    return HmacCartVerifier(cart_secrets(settings))


def cart_policy(settings: Settings) -> CartPolicy:
    return CartPolicy(max_age=timedelta(seconds=settings.cart_snapshot_seconds), reorder=settings.cart_reorder == "on")
