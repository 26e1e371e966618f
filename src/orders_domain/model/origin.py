"""The contract that an order was placed by, which decides who may change it."""

from enum import Enum


class Origin(Enum):
    """The published contract, under its name in the settings."""

    ORDERS = "orders"
    MANAGEMENT = "management"
    OSTORE = "ostore"
    CHECKOUT = "checkout"


def inferred_origin(*, cart: object, shipment_id: str | None, lines: object) -> Origin:
    """Return the origin of an order whose history is older than origins, by what only one contract gives an order."""
    if cart:
        return Origin.CHECKOUT
    if shipment_id is not None:
        return Origin.OSTORE
    return Origin.MANAGEMENT if lines else Origin.ORDERS
