"""The products, read outside any unit of work."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from orders_domain.model.product import Product, ProductId


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLevels:
    """How the stock is: all products counted, and those at or below their threshold, the emptiest first."""

    total_products: int
    out_of_stock: int
    low_stock: tuple[Product, ...]


class ProductCatalog(Protocol):
    """Reading. Every method raises StoreUnavailable when the store is away."""

    def get(self, product_id: ProductId) -> Product:
        """Return the product as last committed.

        Raises:
            ProductNotFound: no such product.
        """
        ...

    def list_page(self, *, offset: int = 0, limit: int = 100) -> Sequence[Product]:
        """Return products in the order of their ids."""
        ...

    def stock_levels(self, *, limit: int = 1_000) -> StockLevels:
        """Return how the stock is, with at most so many products named."""
        ...
