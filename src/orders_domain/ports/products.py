"""Product repository and stock ports, within a unit of work."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from orders_domain.model.accounts.actor import Actor
from orders_domain.model.order import Order
from orders_domain.model.product import NewProduct, Product, ProductId


class ProductRepository(Protocol):
    """Stored products. Every method raises StoreUnavailable if the store is unavailable.

    Each change is recorded in the history of its product, with its author and the values before and after it.
    """

    def add(self, product: NewProduct, *, by: Actor, at: datetime) -> Product:
        """Store a new product with its initial stock.

        Raises:
            SkuTaken: another product has this sku.
        """
        ...

    def get_many(self, product_ids: Collection[ProductId]) -> Mapping[ProductId, Product]:
        """Return the existing products by id, without a lock."""
        ...

    def get_for_update(self, product_id: ProductId) -> Product:
        """Return the product, and lock it until this unit of work ends.

        Raises:
            ProductNotFound: the product does not exist.
        """
        ...

    def save(self, product: Product, *, by: Actor, at: datetime) -> Product:
        """Store a changed product; a changed stock is recorded as a movement of kind ADJUSTED.

        Returns:
            The product with its new version, which is the old one if nothing has changed.

        Raises:
            ProductNotFound: the product does not exist.
            SkuTaken: another product has this sku.
        """
        ...

    def get_by_sku_for_update(self, skus: Collection[str]) -> Mapping[str, Product]:
        """Return the existing products by sku, and lock them like ``get_for_update``."""
        ...

    def add_many(self, products: Sequence[NewProduct], *, by: Actor, at: datetime) -> None:
        """Store new products with their initial stock.

        Raises:
            StoreContention: a concurrent transaction stored one of the skus; nothing is stored, and it can be retried.
        """
        ...

    def save_many(self, products: Sequence[Product], *, by: Actor, at: datetime) -> None:
        """Store changed products that are locked, like ``save``; their skus must be unchanged."""
        ...


class Stock(Protocol):
    """Stock changes by orders. Stock is never negative, and an order deducts and releases it at most once.

    Each change of a product's stock adds one to the product's version.
    """

    def deduct(self, order: Order, *, by: Actor, at: datetime) -> Sequence[Product]:
        """Deduct the quantities of the order's lines, all or none; it locks, so call it late in the unit of work.

        Returns:
            The products that this deduction reduced to or below their threshold, with their new stock.

        Raises:
            InsufficientStock: products have insufficient stock; the error has all of them.
        """
        ...

    def record_external_lines(self, order: Order, products: Mapping[ProductId, Product], *, at: datetime) -> None:
        """Record the lines of an order of external products, and the products' names.

        The recorded products serve as references only: ``ProductRepository`` and ``ProductCatalog`` do not return
        them. An own product with the same id is not changed.
        """
        ...

    def release(self, order: Order, *, by: Actor, at: datetime) -> None:
        """Release the stock that the order has deducted, unless it is already released.

        A reservation at partner services (see ``ReservationRepository``) becomes due for release at once, whatever
        ``at`` is, because the clock of the worker that releases it may differ.
        """
        ...

    def release_units(self, order: Order, quantities: Mapping[ProductId, int], *, by: Actor, at: datetime) -> None:
        """Release units of products that the order has deducted, by the present version of the order.

        The counters of the order's lines bound the quantities, so call it after the order is saved. ``release`` later
        releases the rest only. A product of which the order has fewer units, such as an external one, is left out.
        """
        ...

    def restock(self, product_id: ProductId, quantity: int, *, by: Actor, at: datetime) -> Product:
        """Add to the stock, and record it in the history; return the product with its new stock.

        Raises:
            ProductNotFound: the product does not exist.
            InvalidValue: the stock would exceed the maximum.
        """
        ...
