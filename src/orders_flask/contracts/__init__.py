"""Published contracts: independent packages, each with routes, schemas, translations and errors."""

from collections.abc import Callable, Mapping

from orders_flask.contracts import checkout, management, orders, ostore
from orders_flask.web.contract import Contract

CONTRACTS: Mapping[str, Callable[[], Contract]] = {
    "checkout": checkout.contract,
    "orders": orders.contract,
    "ostore": ostore.contract,
    "management": management.contract,
}
"""Factories by the contract names of ORDERS_MOUNTS."""
