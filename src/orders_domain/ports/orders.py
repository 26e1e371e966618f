"""The orders being changed, inside a unit of work."""

from typing import Protocol

from orders_domain.model.order import Order
from orders_domain.model.order_ref import OrderRef


class OrderRepository(Protocol):
    """A collection of orders that belongs to one unit of work. What it gives and takes are copies."""

    def add(self, order: Order) -> None:
        """Store a new order, its history and its events; give it its number.

        The number is set on the order; ``order.unsaved`` is empty afterwards. A user never seen before becomes known.

        Raises:
            OrderExists: an order of this id, or of this shipment, is stored.
            StoreUnavailable: the store is away.
        """
        ...

    def get_for_update(self, ref: OrderRef) -> Order:
        """Return the order as it stands, and keep others from changing it until this unit of work ends.

        A store that cannot hold lets ``save`` find out.

        Raises:
            OrderNotFound: no such order, or it was deleted.
            StoreUnavailable: the store is away.
        """
        ...

    def get_by_shipment_for_update(self, shipment_id: str) -> Order:
        """Return the order that the carrier knows under this id, held as ``hold`` does.

        Raises:
            OrderNotFound: no such order, or it was deleted.
            StoreUnavailable: the store is away.
        """
        ...

    def save(self, order: Order) -> None:
        """Store a changed order, the new lines of its history and its events; ``order.unsaved`` is empty afterwards.

        An order without a change is left alone.

        Raises:
            StaleOrder: the stored version is not the one the changes began with; nothing is stored.
            StoreUnavailable: the store is away.
        """
        ...
