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


class StockRange(Enum):
    """Ranges of units in stock, whatever the threshold of a product (the second document of source 002)."""

    OUT_OF_STOCK = (0, 0)
    CRITICAL = (1, 5)
    LOW = (6, 10)
    MEDIUM = (11, 50)
    HIGH = (51, None)

    def __init__(self, least: int, most: int | None) -> None:
        self.least = least
        self.most = most  # None if the range has no end


@dataclass(frozen=True, slots=True, kw_only=True)
class StockFilter:
    """Selects the products whose stock is within both limits, which are inclusive."""

    min_stock: int | None = None
    max_stock: int | None = None

    def matches(self, product: Product) -> bool:
        return (self.min_stock is None or product.stock >= self.min_stock) and (
            self.max_stock is None or product.stock <= self.max_stock
        )


def category_of(product: Product) -> StockCategory:
    if product.stock == 0:
        return StockCategory.OUT_OF_STOCK
    return StockCategory.LOW if product.is_low else StockCategory.SUFFICIENT


def range_of(product: Product) -> StockRange:
    return next(each for each in reversed(StockRange) if product.stock >= each.least)
