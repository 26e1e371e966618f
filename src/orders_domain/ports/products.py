"""The catalogue and its stock, inside a unit of work."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Protocol

from orders_domain.model.actor import Actor
from orders_domain.model.order import Order
from orders_domain.model.product import NewProduct, Product, ProductId


class MovementKind(Enum):
    """Why stock went up or down. The stock of a product is the sum of its movements, at any time."""

    INITIAL = "initial"
    RESTOCKED = "restocked"
    ADJUSTED = "adjusted"  # counted anew by a person: up or down
    DEDUCTED = "taken"
    RELEASED = "given_back"


class ProductRepository(Protocol):
    """The products. Every method raises StoreUnavailable when the store is away."""

    def add(self, product: NewProduct, *, by: Actor, at: datetime) -> Product:
        """Store a new product with its initial stock.

        Raises:
            SkuTaken: another product has this sku.
        """
        ...

    def get_many(self, product_ids: Collection[ProductId]) -> Mapping[ProductId, Product]:
        """Return those of the products that there are, by id, as they stand now; nothing is locked."""
        ...

    def get_for_update(self, product_id: ProductId) -> Product:
        """Return the product, and keep others from changing it until this unit of work ends.

        Raises:
            ProductNotFound: no such product.
        """
        ...

    def save(self, product: Product, *, by: Actor, at: datetime) -> None:
        """Store a changed product; a stock other than the stored one is a movement of the difference (ADJUSTED).

        Raises:
            ProductNotFound: no such product.
            SkuTaken: another product has this sku.
        """
        ...

    def get_by_sku_for_update(self, skus: Collection[str]) -> Mapping[str, Product]:
        """Return those of the products that there are, by sku, and keep others from changing them, as ``hold`` does."""
        ...

    def add_many(self, products: Sequence[NewProduct], *, by: Actor, at: datetime) -> None:
        """Store new products with their initial stock.

        Raises:
            StoreContention: one of the skus was taken meanwhile; nothing happened, it may be run again.
        """
        ...

    def save_many(self, products: Sequence[Product], *, by: Actor, at: datetime) -> None:
        """Store changed products that are held, as ``save`` does; their skus stay what they are."""
        ...


class Stock(Protocol):
    """What orders take and give back. It cannot go below nothing, and nothing is taken or given back twice."""

    def deduct(self, order: Order, *, by: Actor, at: datetime) -> Sequence[Product]:
        """Take what the order's lines want, all of it or nothing; call it as late in the unit of work as can be.

        Returns:
            The products that came to or below their threshold by this, as they stand now.

        Raises:
            InsufficientStock: some products are short: all of those are named.
        """
        ...

    def record_external_lines(self, order: Order, products: Mapping[ProductId, Product], *, at: datetime) -> None:
        """Note the lines of an order whose stock is counted elsewhere, and the products as they are called there.

        Those products are ours to refer to, and nothing more: ``Products`` and ``Catalogue`` do not have them. One of
        ours that has the same id stays as it is.
        """
        ...

    def release(self, order: Order, *, by: Actor, at: datetime) -> None:
        """Give back what the order has taken, unless it was given back already.

        What other services hold for it (see ``Bookings``) becomes due for release.
        """
        ...

    def restock(self, product_id: ProductId, quantity: int, *, by: Actor, at: datetime) -> Product:
        """Add to the stock; return the product as it stands now.

        Raises:
            ProductNotFound: no such product.
            Refused: the stock would be beyond what a product can have.
        """
        ...
