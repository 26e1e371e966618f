"""Product query port: reads outside any unit of work."""

from dataclasses import dataclass
from typing import Protocol

from orders_domain.model.product import Product, ProductId
from orders_domain.model.product_filter import ProductFilter, ProductPage


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

    def search(self, product_filter: ProductFilter) -> ProductPage:
        """Return the page of products that the filter selects, as last committed."""
        ...

    def stock_levels(self, *, limit: int = 1_000) -> StockLevels:
        """Return the stock levels, with at most ``limit`` products in ``low_stock``."""
        ...
