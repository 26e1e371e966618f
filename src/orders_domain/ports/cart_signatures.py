"""Cart signature port: verifies that a cart snapshot comes from the cart service."""

from collections.abc import Callable
from typing import TypeAlias

from orders_domain.model.cart import Cart

CartSignatureVerifier: TypeAlias = Callable[[Cart], bool]
"""Return whether the cart's ``signature`` matches its other members under one of the keys shared with the cart service.

A cart that cannot be serialized for signing returns False; nothing is raised. The comparison takes constant time.
"""
