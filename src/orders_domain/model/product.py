"""What can be bought, how much of it there is, and what an order takes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from orders_domain.errors import InvalidValue, ProductNotFound
from orders_domain.model.json_values import text_error
from orders_domain.model.money import Money
from orders_domain.model.order_ref import parse_number

ProductId: TypeAlias = int

MAX_STOCK = 10**12
MAX_QUANTITY = 10_000
MAX_NAME_LENGTH = 255
MAX_SKU_LENGTH = 64
DEFAULT_THRESHOLD = 5


def generate_sku(new_id: Callable[[], UUID]) -> str:
    """Return a new sku, for a product that is added without one."""
    return f"P-{new_id().hex[-12:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """A product to be: what it is called, what it costs, how much of it there is.

    Raises:
        Refused: a blank or too long name or sku, text no store can keep, stock not 0 to 10^12; ``field`` names it.
    """

    sku: str
    name: str
    price: Money
    stock: int = 0
    low_stock_threshold: int = DEFAULT_THRESHOLD

    def __post_init__(self) -> None:
        _validate_text("sku", self.sku, MAX_SKU_LENGTH)
        _validate_text("name", self.name, MAX_NAME_LENGTH)
        _validate_count("stock_quantity", self.stock, self._max_stock)
        _validate_count("low_stock_threshold", self.low_stock_threshold, MAX_STOCK)

    @property
    def _max_stock(self) -> int:
        return MAX_STOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class Product(NewProduct):
    """A product of the catalogue."""

    id: ProductId

    @property
    def _max_stock(self) -> int:
        return 2 * MAX_STOCK  # what orders give back may come on top of a full stock

    @property
    def is_low(self) -> bool:
        """At or below its threshold."""
        return self.stock <= self.low_stock_threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedItem:
    """So many of one product: 1 to 10,000.

    Raises:
        Refused: another quantity.
    """

    product_id: ProductId
    quantity: int

    def __post_init__(self) -> None:
        if type(self.quantity) is not int or not 1 <= self.quantity <= MAX_QUANTITY:
            raise InvalidValue(f"A quantity is a whole number from 1 to {MAX_QUANTITY}.", field="quantity")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """What an order takes of one product, at the price of the moment it was placed (clauses 002-10, 003-05)."""

    product_id: ProductId
    quantity: int
    unit_price: Money

    @property
    def subtotal(self) -> Money:
        return Money(self.quantity * self.unit_price.minor, self.unit_price.currency)


def parse_product_id(text: str) -> ProductId:
    """Return the id.

    Raises:
        ProductNotFound: the text is no id, so there is no such product.
    """
    number = parse_number(text)
    if number is None:
        raise ProductNotFound(text)
    return number


def quantities_by_product(requested_items: Iterable[RequestedItem]) -> dict[ProductId, int]:
    """Return the quantity wanted of each product, in the order of the products' ids (all locks are taken in it)."""
    wanted: dict[ProductId, int] = {}
    for demand in requested_items:
        wanted[demand.product_id] = wanted.get(demand.product_id, 0) + demand.quantity
    return dict(sorted(wanted.items()))


def _validate_text(field: str, text: object, max_length: int) -> None:
    if not isinstance(text, str) or not text.strip() or len(text) > max_length:
        raise InvalidValue(f"1 to {max_length} characters, not all blank.", field=field)
    if flaw := text_error(text):
        raise InvalidValue(f"The text {flaw}.", field=field)


def validate_stock(stock: object) -> None:
    """Return if somebody may set a product's stock to this.

    Raises:
        Refused: it is not 0 to 10^12.
    """
    _validate_count("stock_quantity", stock, MAX_STOCK)


def _validate_count(field: str, count: object, maximum: int) -> None:
    if type(count) is not int or not 0 <= count <= maximum:
        raise InvalidValue(f"A whole number from 0 to {maximum}.", field=field)
