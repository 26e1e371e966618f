"""Origin of an order: the contract it was placed through, whose access rules apply."""

from enum import Enum


class Origin(Enum):
    """A published contract; the value is its name in the settings."""

    ORDERS = "orders"
    MANAGEMENT = "management"
    OSTORE = "ostore"
    CHECKOUT = "checkout"
    SHOP = "shop"


def inferred_origin(*, cart: object, shipment_id: str | None, lines: object) -> Origin:
    """Infer the origin of an order whose history does not record it, from members that only one contract sets."""
    if cart:
        return Origin.CHECKOUT
    if shipment_id is not None:
        return Origin.OSTORE
    return Origin.MANAGEMENT if lines else Origin.ORDERS
