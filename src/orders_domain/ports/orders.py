"""Order repository port, within a unit of work."""

from typing import Protocol
from uuid import UUID

from orders_domain.model.order import Order
from orders_domain.model.order_ref import OrderRef


class OrderRepository(Protocol):
    """The orders of one unit of work. Orders passed and returned are copies."""

    def add(self, order: Order) -> None:
        """Store a new order, its history and its events.

        It sets ``order.number``, unless that was reserved, and clears ``order.new_entries``. A user who is not stored
        yet is stored.

        Raises:
            OrderExists: an order with this id, or with this shipment, is already stored.
            CartOrdered: an order of a cart with this snapshot is already stored; this unit of work remains usable.
            StoreUnavailable: the store is unavailable.
        """
        ...

    def reserve_number(self) -> int:
        """Return the number of an order that is to be added later; no other order gets it.

        Raises:
            StoreUnavailable: the store is unavailable.
        """
        ...

    def store_words(self, *, after: UUID, limit: int) -> UUID | None:
        """Store anew the words by which the next orders are found; return the id of the last one, or None.

        They are the first ``limit`` orders with a greater id than ``after``. ``add`` and ``save`` store the words of
        their orders by themselves; a former release has stored none.

        Raises:
            StoreUnavailable: the store is unavailable.
        """
        ...

    def release_cart(self, snapshot_id: str) -> None:
        """Let the cart be ordered anew, if its order is canceled or deleted.

        Raises:
            StoreUnavailable: the store is unavailable.
        """
        ...

    def get_for_update(self, ref: OrderRef, *, with_shipments: bool = True) -> Order:
        """Return the current order, and lock it until this unit of work ends.

        A store without locks detects concurrent changes in ``save``. Without ``with_shipments`` a store may leave them
        unread, and ``life.unread`` has their sums.

        Raises:
            OrderNotFound: the order does not exist or is deleted.
            StoreUnavailable: the store is unavailable.
        """
        ...

    def get_by_shipment_for_update(self, shipment_id: str) -> Order:
        """Return and lock the order with the carrier's shipment id, like ``get_for_update``.

        Raises:
            OrderNotFound: the order does not exist or is deleted.
            StoreUnavailable: the store is unavailable.
        """
        ...

    def get_by_reference_for_update(self, reference: str, *, source: str) -> Order:
        """Return and lock the order with the shop's own number, like ``get_for_update``.

        Raises:
            OrderNotFound: the order does not exist or is deleted.
            StoreUnavailable: the store is unavailable.
        """
        ...

    def get_by_parcel_for_update(self, parcel_id: UUID, *, with_shipments: bool = True) -> Order:
        """Return and lock the order that has the shipment in its life, like ``get_for_update``.

        Without ``with_shipments`` a store may read this shipment only.

        Raises:
            ShipmentNotFound: no order has it, or its order is deleted.
            StoreUnavailable: the store is unavailable.
        """
        ...

    def get_by_return_for_update(self, return_id: UUID) -> Order:
        """Return and lock the order that has the return in its life, like ``get_for_update``.

        Raises:
            ReturnNotFound: no order has it, or its order is deleted.
            StoreUnavailable: the store is unavailable.
        """
        ...

    def save(self, order: Order) -> None:
        """Store a changed order, its new history entries and their events, and clear ``order.new_entries``.

        An unchanged order is not written.

        Raises:
            StaleOrder: the stored version is not ``order.persisted_version``; nothing is stored.
            StoreUnavailable: the store is unavailable.
        """
        ...
