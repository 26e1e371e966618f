"""Selection of products by their stock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from orders_domain.model.product import Product


class StockCategory(Enum):
    """The stock of a product, compared with its threshold."""

    OUT_OF_STOCK = "out_of_stock"
    LOW = "low"  # at or below the threshold, but not out of stock
    SUFFICIENT = "sufficient"


@dataclass(frozen=True, slots=True, kw_only=True)
class StockFilter:
    """Selects the products that match every given condition; both limits are inclusive."""

    category: StockCategory | None = None
    min_stock: int | None = None
    max_stock: int | None = None

    def matches(self, product: Product) -> bool:
        return (
            self.category in (None, category_of(product))
            and (self.min_stock is None or product.stock >= self.min_stock)
            and (self.max_stock is None or product.stock <= self.max_stock)
        )


def category_of(product: Product) -> StockCategory:
    if product.stock == 0:
        return StockCategory.OUT_OF_STOCK
    return StockCategory.LOW if product.is_low else StockCategory.SUFFICIENT
