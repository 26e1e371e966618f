"""Errors about products and their stock."""

from __future__ import annotations

from dataclasses import dataclass

from orders_domain.errors.base import InvalidValue, Kind, OrdersError


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """A product with insufficient stock. An unknown product has no name, and its available quantity is 0."""

    product_id: int
    name: str | None
    requested: int
    available: int


class InsufficientStock(OrdersError):
    """Some products have insufficient stock. No stock was deducted; ``shortages`` has all of them (clause 002-03)."""

    kind = Kind.CONFLICT
    code = "insufficient_stock"

    def __init__(self, shortages: tuple[Shortage, ...]) -> None:
        super().__init__("Some products have insufficient stock")
        self.shortages = shortages


class ProductNotFound(OrdersError):
    kind = Kind.NOT_FOUND
    code = "product_not_found"

    def __init__(self, product_id: int | str) -> None:
        super().__init__("There is no such product.")
        self.product_id = product_id


class SkuTaken(OrdersError):
    """Another product has this sku."""

    kind = Kind.CONFLICT
    code = "sku_taken"

    def __init__(self, sku: str) -> None:
        super().__init__(f"Another product has the sku {sku!r}.")
        self.sku = sku


class UnreadableFile(InvalidValue):
    """No line of a file can be read, because its header or its encoding is not valid."""

    code = "unreadable_file"
