"""Who is believed to have signed a cart."""

from __future__ import annotations

from orders_adapters.security.cart_signatures import Signatures
from orders_domain.ports.cart_signatures import Signed
from orders_flask.settings import Settings


def signatures(settings: Settings) -> Signed:
    return Signatures(settings.cart_secrets)
