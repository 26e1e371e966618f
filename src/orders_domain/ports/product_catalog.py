"""Product query port: reads outside any unit of work."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from orders_domain.model.product import Product, ProductId
from orders_domain.model.product_audit import MovementCursor, MovementPage, ProductHistoryPage
from orders_domain.model.product_filter import ProductFilter, ProductPage
from orders_domain.model.stock_filter import StockCategory, StockFilter, StockRange

ALL_STOCK = StockFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLevels:
    """The number of products of each category, and the low and empty products, lowest stock first."""

    total_products: int
    out_of_stock: int
    low: int  # at or below the threshold, but not out of stock
    low_stock: tuple[Product, ...]

    @property
    def categories(self) -> Mapping[StockCategory, int]:
        """The number of products in each category."""
        return {
            StockCategory.OUT_OF_STOCK: self.out_of_stock,
            StockCategory.LOW: self.low,
            StockCategory.SUFFICIENT: self.total_products - self.out_of_stock - self.low,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRangeLevel:
    """The number of products of a range, and the first of them, lowest stock first."""

    count: int
    products: tuple[Product, ...]


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

    def movements(
        self, product_id: ProductId, *, limit: int = 100, cursor: MovementCursor | None = None
    ) -> MovementPage:
        """Return a page of the product's stock movements, newest first, each with the stock after it.

        Following ``next_cursor`` returns every movement that existed at the start exactly once. The cost of a page does
        not depend on its position.

        Raises:
            ProductNotFound: the product does not exist.
        """
        ...

    def history(self, product_id: ProductId, *, limit: int = 100, before: int | None = None) -> ProductHistoryPage:
        """Return a page of the changes of the product, newest first, with versions below ``before`` if it is given.

        Raises:
            ProductNotFound: the product does not exist.
        """
        ...

    def stock_levels(self, stock_filter: StockFilter = ALL_STOCK, *, limit: int = 1_000) -> StockLevels:
        """Return the stock levels of the products that match, with at most ``limit`` products in ``low_stock``."""
        ...

    def stock_ranges(
        self, stock_filter: StockFilter = ALL_STOCK, *, limit: int = 1_000
    ) -> Mapping[StockRange, StockRangeLevel]:
        """Return each range with the products that match, at most ``limit`` of them. It reads every product."""
        ...
