"""A catalogue elsewhere, which keeps products for orders."""

from collections.abc import Collection, Mapping
from typing import Protocol
from uuid import UUID

from orders_domain.model.product import Product, ProductId
from orders_domain.model.reservation import Reservation


class CatalogService(Protocol):
    """Every method answers within seconds, or raises ServiceError."""

    def get_products(self, product_ids: Collection[ProductId]) -> Mapping[ProductId, Product]:
        """Return those of the products that there are, by id: name, price and stock as they are there now."""
        ...

    def reserve(self, reservation: Reservation, products: Mapping[ProductId, Product]) -> None:
        """Have all that the booking wants kept for its order, or nothing; asked again, it is the same reservation.

        Raises:
            InsufficientStock: products are short: they are named as in ``products``, and nothing is kept.
            ServiceError: it may be kept.
        """
        ...

    def release(self, order_id: UUID) -> None:
        """Give up what is kept for the order; nothing kept is fine.

        Raises:
            ServiceError: it may still be kept.
        """
        ...
