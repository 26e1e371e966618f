"""Product queries: filter and page."""

from __future__ import annotations

from dataclasses import dataclass

from orders_domain.errors import InvalidValue
from orders_domain.model.product import Product, ProductId
from orders_domain.model.values.search_words import search_words

MAX_PAGE_SIZE = 1_000
MAX_OFFSET = 100_000
MAX_QUERY_LENGTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFilter:
    """Selects a page of the products that match every given condition, ordered by id.

    A product matches ``text`` if each word of the text begins a word of its name or sku; case and accents are ignored.
    The page begins after the product ``after``, or after ``offset`` products. Only the cost of ``after`` does not grow
    with its position.

    Raises:
        InvalidValue: the text has no letter and no digit or more than 100 characters, the limit is not 1 to 1,000, or
            the offset is not 0 to 100,000.
    """

    text: str | None = None
    sku: str | None = None
    limit: int = 100
    offset: int = 0
    after: ProductId | None = None

    def __post_init__(self) -> None:
        if self.text is not None and (len(self.text) > MAX_QUERY_LENGTH or not self.words):
            raise InvalidValue(f"Must have 1 to {MAX_QUERY_LENGTH} characters, and a letter or digit.", field="text")
        if type(self.limit) is not int or not 1 <= self.limit <= MAX_PAGE_SIZE:
            raise InvalidValue(f"A page must have 1 to {MAX_PAGE_SIZE} products.", field="limit")
        if type(self.offset) is not int or not 0 <= self.offset <= MAX_OFFSET:
            raise InvalidValue(f"The number of products to skip must be from 0 to {MAX_OFFSET}.", field="offset")

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the text."""
        return search_words(self.text or "")

    def matches(self, product: Product) -> bool:
        """Return whether the product matches every condition except the position of the page."""
        in_product = product.search_words
        return self.sku in (None, product.sku) and all(
            any(word.startswith(beginning) for word in in_product) for beginning in self.words
        )


@dataclass(frozen=True, slots=True)
class ProductPage:
    """A page of products, and the id after which the next page begins if there is one."""

    products: tuple[Product, ...]
    next_after: ProductId | None = None

    @classmethod
    def from_rows(cls, rows: list[Product], limit: int) -> ProductPage:
        """Return a page of at most ``limit`` products; a further row only shows that there is a next page."""
        products = tuple(rows[:limit])
        return cls(products, products[-1].id if len(rows) > limit else None)
