"""Product query port: reads outside any unit of work."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from orders_domain.model.product import Product, ProductId


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLevels:
    """The number of products, and the products at or below their threshold, lowest stock first."""

    total_products: int
    out_of_stock: int
    low_stock: tuple[Product, ...]


class ProductCatalog(Protocol):
    """Read-only queries. Every method raises StoreUnavailable if the store is unavailable."""

    def get(self, product_id: ProductId) -> Product:
        """Return the product as last committed.

        Raises:
            ProductNotFound: the product does not exist.
        """
        ...

    def list_page(self, *, offset: int = 0, limit: int = 100) -> Sequence[Product]:
        """Return a page of products, ordered by id."""
        ...

    def stock_levels(self, *, limit: int = 1_000) -> StockLevels:
        """Return the stock levels, with at most ``limit`` products in ``low_stock``."""
        ...
