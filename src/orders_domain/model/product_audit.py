"""Audit of products: the movements of their stock, and the changes of their fields with their authors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from itertools import accumulate
from uuid import UUID

from orders_domain.errors import InvalidValue
from orders_domain.model.accounts.actor import Role
from orders_domain.model.product import NewProduct, ProductId
from orders_domain.model.values.json_values import JSON

MAX_PAGE_SIZE = 1_000


class MovementKind(Enum):
    """The reason of a stock movement. The stock of a product always equals the sum of its movements."""

    INITIAL = "initial"
    RESTOCKED = "restocked"
    ADJUSTED = "adjusted"  # set by an administrator, up or down
    DEDUCTED = "deducted"
    RELEASED = "released"
    HELD = "held"  # taken by a stock hold
    HOLD_ENDED = "hold_ended"  # given back by it


class ProductChangeKind(Enum):
    ADDED = "added"
    UPDATED = "updated"
    RESTOCKED = "restocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class StockMovement:
    """An entry of the stock ledger of one product."""

    id: int  # ascending in the order of the movements of a product
    at: datetime
    kind: MovementKind
    quantity: int  # negative for a deduction
    stock: int  # after the movement
    order_id: UUID | None
    order_number: int | None
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementCursor:
    """The position after a movement: its id, and the stock before it, from which the next page continues."""

    before: int
    stock: int


@dataclass(frozen=True, slots=True)
class MovementPage:
    """A page of movements, newest first."""

    movements: tuple[StockMovement, ...]
    next_cursor: MovementCursor | None = None

    @classmethod
    def from_rows(cls, rows: Sequence[Mapping[str, object]], *, stock: int, limit: int) -> MovementPage:
        """Return at most ``limit`` movements; ``stock`` is the stock after the first row, the newest.

        A further row only shows that there is a next page. A row has the fields of a movement but ``stock``.
        """
        quantities = [row["quantity"] for row in rows]
        stocks = list(accumulate((-quantity for quantity in quantities if isinstance(quantity, int)), initial=stock))
        shown = rows[:limit]
        movements = tuple(
            StockMovement(**{**row, "stock": after})  # type: ignore[arg-type]  # the row of a store
            for row, after in zip(shown, stocks, strict=False)
        )
        more = len(rows) > limit
        return cls(movements, MovementCursor(before=movements[-1].id, stock=stocks[limit]) if more else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChange:
    """A change of a product by an administrator; changes of the stock by orders are in the ledger only."""

    product_id: ProductId
    version: int  # of the product, after the change
    kind: ProductChangeKind
    at: datetime
    actor: str
    role: Role
    request_id: str | None
    changes: Mapping[str, JSON]  # by field: {"from": ..., "to": ...}; prices as decimal text, in major units


@dataclass(frozen=True, slots=True)
class ProductHistoryPage:
    """A page of changes, newest first, and the version before which the next page begins if there is one."""

    changes: tuple[ProductChange, ...]
    next_before: int | None = None

    @classmethod
    def from_rows(cls, rows: Sequence[ProductChange], limit: int) -> ProductHistoryPage:
        changes = tuple(rows[:limit])
        return cls(changes, changes[-1].version if len(rows) > limit else None)


def field_changes(before: NewProduct | None, after: NewProduct) -> dict[str, JSON]:
    """Return the fields that differ, with both values; every field of a new product has differed from None."""
    old = _audited_fields(before) if before else {}
    new = _audited_fields(after)
    return {
        name: {"from": old.get(name), "to": value}
        for name, value in new.items()
        if before is None or old[name] != value
    }


def ensure_page_size(limit: int) -> None:
    """Validate the size of a page.

    Raises:
        InvalidValue: the limit is not 1 to 1,000.
    """
    if type(limit) is not int or not 1 <= limit <= MAX_PAGE_SIZE:
        raise InvalidValue(f"A page must have 1 to {MAX_PAGE_SIZE} entries.", field="limit")


def _audited_fields(product: NewProduct) -> dict[str, JSON]:
    return {
        "sku": product.sku,
        "name": product.name,
        "price": f"{product.price.amount:f}",
        "currency": product.price.currency,
        "stock": product.stock,
        "low_stock_threshold": product.low_stock_threshold,
        "description": product.description,
    }
