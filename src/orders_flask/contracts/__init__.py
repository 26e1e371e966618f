"""Published contracts: independent packages, each with routes, schemas, translations and errors."""

from collections.abc import Callable, Mapping
from functools import cache

from orders_flask.contracts import checkout, management, orders, ostore, shop
from orders_flask.web.contract import Contract

CONTRACTS: Mapping[str, Callable[[], Contract]] = {
    "checkout": cache(checkout.contract),
    "orders": cache(orders.contract),
    "ostore": cache(ostore.contract),
    "management": cache(management.contract),
    "shop": cache(shop.contract),
}
"""Factories by the contract names of ORDERS_MOUNTS; the apps of a process share a contract, which has no state."""
