"""Published contracts: independent packages, each with routes, schemas, translations and errors."""

from collections.abc import Callable, Mapping

from orders_flask.contracts import checkout, management, orders, ostore, shop
from orders_flask.web.contract import Contract

CONTRACTS: Mapping[str, Callable[[], Contract]] = {
    "checkout": checkout.contract,
    "orders": orders.contract,
    "ostore": ostore.contract,
    "management": management.contract,
    "shop": shop.contract,
}
"""Factories by the contract names of ORDERS_MOUNTS."""
