"""Products of the catalogue, requested items and order lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from orders_domain.errors import InvalidValue, ProductNotFound, VersionMismatch
from orders_domain.model.order_ref import parse_number
from orders_domain.model.values.json_values import text_error
from orders_domain.model.values.money import Money
from orders_domain.model.values.search_words import search_words
from orders_domain.model.values.typed_text import normalize_sku, trim

ProductId: TypeAlias = int

MAX_STOCK = 10**12
MAX_EXTERNAL_ID = 2**62 - 1
"""Greater ids of an external catalog are unknown, because own products get ids after the greatest one."""
MAX_QUANTITY = 10_000
MAX_NAME_LENGTH = 255
MAX_SKU_LENGTH = 64
MAX_DESCRIPTION_LENGTH = 2_000
DEFAULT_THRESHOLD = 5


def generate_sku(new_id: Callable[[], UUID]) -> str:
    """Return a new sku, for a product that is added without one."""
    return f"P-{new_id().hex[-12:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """A product that is not stored yet: it has no id.

    The texts are stored without outer white space, and the sku as ``normalize_sku`` returns it. A blank description is
    None.

    Raises:
        InvalidValue: the name or the sku is blank, a text is too long or not storable, or the stock is not 0 to 10^12;
            ``field`` names the member.
    """

    sku: str
    name: str
    price: Money
    stock: int = 0
    low_stock_threshold: int = DEFAULT_THRESHOLD
    description: str | None = None

    def __post_init__(self) -> None:
        for field, normalize in (("sku", normalize_sku), ("name", trim), ("description", trim)):
            if isinstance(text := getattr(self, field), str):
                object.__setattr__(self, field, normalize(text))
        object.__setattr__(self, "description", self.description or None)
        _validate_text("sku", self.sku, MAX_SKU_LENGTH)
        _validate_text("name", self.name, MAX_NAME_LENGTH)
        if self.description is not None:
            _validate_text("description", self.description, MAX_DESCRIPTION_LENGTH)
        _validate_count("stock", self.stock, self._max_stock)
        _validate_count("low_stock_threshold", self.low_stock_threshold, MAX_STOCK)

    @property
    def search_words(self) -> tuple[str, ...]:
        """The words by which the catalogue finds the product: those of its name and sku."""
        return search_words(f"{self.name} {self.sku}")

    @property
    def _max_stock(self) -> int:
        return MAX_STOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class Product(NewProduct):
    """A stored product of the catalogue. Every change adds one to its version, also a change of its stock."""

    id: ProductId
    version: int = 1

    def ensure_version(self, expected: frozenset[int] | None) -> None:
        """Check the version; None expects any version.

        Raises:
            VersionMismatch: the product has another version.
        """
        if expected is not None and self.version not in expected:
            raise VersionMismatch(expected=expected, current=self.version, what="product")

    @property
    def _max_stock(self) -> int:
        return 2 * MAX_STOCK  # because a cancelled order releases its stock even if the product was restocked since

    @property
    def is_low(self) -> bool:
        """Whether the stock is at or below the threshold."""
        return self.stock <= self.low_stock_threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedItem:
    """A product and the quantity requested, 1 to 10,000.

    Raises:
        InvalidValue: another quantity.
    """

    product_id: ProductId
    quantity: int

    def __post_init__(self) -> None:
        if type(self.quantity) is not int or not 1 <= self.quantity <= MAX_QUANTITY:
            raise InvalidValue(f"A quantity must be a whole number from 1 to {MAX_QUANTITY}.", field="quantity")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """The quantity of one product in an order, at its price when the order was placed (clauses 002-10, 003-05)."""

    product_id: ProductId
    quantity: int
    unit_price: Money
    sku: str | None = None  # and the title: those of the product when the order was placed
    title: str | None = None

    @property
    def subtotal(self) -> Money:
        return Money(self.quantity * self.unit_price.minor, self.unit_price.currency)


def parse_product_id(text: str) -> ProductId:
    """Return the id.

    Raises:
        ProductNotFound: the text is not an id, so no product can have it.
    """
    number = parse_number(text)
    if number is None:
        raise ProductNotFound(text)
    return number


def quantities_by_product(requested_items: Iterable[RequestedItem]) -> dict[ProductId, int]:
    """Return the total quantity of each product, ordered by product id, because locks are acquired in this order."""
    quantities: dict[ProductId, int] = {}
    for item in requested_items:
        quantities[item.product_id] = quantities.get(item.product_id, 0) + item.quantity
    return dict(sorted(quantities.items()))


def _validate_text(field: str, text: object, max_length: int) -> None:
    if not isinstance(text, str) or not text or len(text) > max_length:
        raise InvalidValue(f"Must have 1 to {max_length} characters, not all blank.", field=field)
    if error := text_error(text):
        raise InvalidValue(f"The text {error}.", field=field)


def validate_stock(stock: object) -> None:
    """Check that a product's stock may be set to the value.

    Raises:
        InvalidValue: the stock is not a whole number from 0 to 10^12.
    """
    _validate_count("stock", stock, MAX_STOCK)


def _validate_count(field: str, count: object, maximum: int) -> None:
    if type(count) is not int or not 0 <= count <= maximum:
        raise InvalidValue(f"Must be a whole number from 0 to {maximum}.", field=field)
