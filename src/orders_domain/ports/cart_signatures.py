"""Whether a cart was handed over by the service that keeps carts."""

from collections.abc import Callable
from typing import TypeAlias

from orders_domain.model.cart import Cart

CartSignatureVerifier: TypeAlias = Callable[[Cart], bool]
"""Say whether the cart's ``signature`` is that of its other members, by one of the keys we share with its service.

A cart that cannot be signed at all is not signed; nothing is raised. How long it takes tells nothing of the keys.
"""
