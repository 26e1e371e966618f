"""Catalog service port: an external catalogue that reserves products for orders."""

from collections.abc import Collection, Mapping
from typing import Protocol
from uuid import UUID

from orders_domain.model.product import Product, ProductId
from orders_domain.model.reservation import Reservation


class CatalogService(Protocol):
    """Every method returns within seconds, or raises ServiceError."""

    def get_products(self, product_ids: Collection[ProductId]) -> Mapping[ProductId, Product]:
        """Return the existing products by id, with their current name, price and stock in the external catalogue."""
        ...

    def reserve(self, reservation: Reservation, products: Mapping[ProductId, Product]) -> None:
        """Reserve all quantities of the reservation, or none. The call is idempotent per order.

        Raises:
            InsufficientStock: products have insufficient stock; nothing is reserved. Names are those in ``products``.
            ServiceError: the products may be reserved.
        """
        ...

    def release(self, order_id: UUID) -> None:
        """Release the products reserved for the order, if there are any.

        Raises:
            ServiceError: the products may still be reserved.
        """
        ...
