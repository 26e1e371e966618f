"""The published contracts: a folder each; they do not know each other."""

from collections.abc import Callable, Mapping

from orders_flask.contracts import checkout, management, orders, ostore
from orders_flask.web.contract import Contract

CONTRACTS: Mapping[str, Callable[[], Contract]] = {
    "checkout": checkout.contract,
    "orders": orders.contract,
    "ostore": ostore.contract,
    "management": management.contract,
}
"""By the name that ORDERS_MOUNTS uses."""
