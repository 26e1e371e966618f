"""Numbered lines of an order: its items and products, whatever contract placed it, with counters of their units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from orders_domain.errors import InvalidItem
from orders_domain.model.custom_item import CustomItem
from orders_domain.model.life.charges import Shares, divided, shares
from orders_domain.model.life.counter import Counter
from orders_domain.model.status import OrderStatus
from orders_domain.model.values.json_values import JSONObject
from orders_domain.model.values.money import to_decimal

if TYPE_CHECKING:
    from orders_domain.model.life.subject import Subject
    from orders_domain.model.product import OrderLine

TITLES = ("title", "name", "sku")
"""The members of an item that say what it is, the best first."""
FIXED = (OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.CANCELED)
"""The statuses in which no unit is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A numbered line. An item without a price has none here either; one without a whole quantity has quantity 1."""

    number: int  # 1 to n: the items first, then the products
    quantity: int
    title: str
    sku: str | None = None
    product_id: int | None = None
    unit_price_minor: int | None = None
    content: JSONObject | None = None  # the client's own item, as sent

    @property
    def subtotal_minor(self) -> int | None:
        return None if self.unit_price_minor is None else self.quantity * self.unit_price_minor


def numbered_lines(order: Subject) -> tuple[Line, ...]:
    """Return all lines of the order."""
    products = order.life.products
    items = [
        _of_item(number, item, order.total.currency, product_id=products.get(number))
        for number, item in enumerate(order.items, start=1)
    ]
    lines = [_of_product(number, line) for number, line in enumerate(order.lines, start=len(items) + 1)]
    return (*items, *lines)


def line_count(order: Subject) -> int:
    """Return the number of lines of the order."""
    return len(order.items) + len(order.lines)


def quantities(order: Subject) -> list[int]:
    """Return the quantity of each line, in their order."""
    return [*(item_quantity(item) for item in order.items), *(line.quantity for line in order.lines)]


def line_quantity(order: Subject, number: int) -> int:
    """Return the quantity of one line, without a look at the others."""
    count = len(order.items)
    return item_quantity(order.items[number - 1]) if number <= count else order.lines[number - count - 1].quantity


def stock_products(order: Subject) -> dict[int, int]:
    """Return the id of the product whose stock a line takes, by the number of the line; other lines take none."""
    lines = enumerate(order.lines, start=len(order.items) + 1)
    return {**order.life.products, **{number: line.product_id for number, line in lines}}


def stock_quantities(order: Subject, units: Mapping[int, int] | None = None) -> dict[int, int]:
    """Return the units of each product that the lines take from stock, by its id; ``units`` are others than theirs."""
    units = dict(enumerate(quantities(order), start=1)) if units is None else units
    totals: dict[int, int] = {}
    for number, product_id in stock_products(order).items():
        if number in units:
            totals[product_id] = totals.get(product_id, 0) + units[number]
    return totals


def item_quantity(item: CustomItem) -> int:
    """Return the item's quantity if it is a whole number of at least 1, otherwise 1."""
    stated = item.content.get("quantity", item.content.get("qty"))
    if type(stated) is int:  # nearly always, and a change of an order asks for that of each item
        return stated if 1 <= stated < 2**31 else 1
    quantity = item.quantity
    is_countable = quantity is not None and 1 <= quantity < Decimal(2**31) and quantity % 1 == 0
    return int(quantity or 0) if is_countable else 1


def ensure_countable(item: CustomItem, *, number: int) -> None:
    """Check that the units that an item takes from stock are those that it states; a fraction is one unit.

    Raises:
        InvalidItem: ``quantity`` or ``qty`` is not a positive number below 2^31, or they differ.
    """
    for name in ("quantity", "qty"):
        if (stated := item.content.get(name)) is None:
            continue
        units = to_decimal(stated)
        if units is None or not 0 < units < 2**31 or (units % 1 == 0 and units != item_quantity(item)):
            raise InvalidItem(
                f"quantity and qty of item {number} must be positive numbers below 2^31, and alike: it takes stock.",
                field="items",
            )


def order_shares(order: Subject) -> Shares:
    """Return the division of the order's total.

    It is that of the subtotals and the charges if they add up to the total. Otherwise, for items without prices or with
    rounded ones, the total is divided in proportion to what is known.
    """
    lines = numbered_lines(order)
    subtotals = [line.subtotal_minor for line in lines]
    known = [subtotal or 0 for subtotal in subtotals]
    frozen = shares(known, order.charges)
    if None not in subtotals and sum(frozen.by_line) + sum(frozen.by_charge.values()) == order.total.minor:
        return frozen
    return Shares(by_line=tuple(divided(order.total.minor, known)), by_charge={})


def line_counters(order: Subject, stored: Mapping[int, Counter] | None = None) -> tuple[Counter, ...]:
    """Return the counter of each line. The status decides where it says so of every unit (decision 0044).

    ``stored`` are other counters than those of the order.
    """
    stored = order.life.counters if stored is None else stored
    counters = [stored.get(number, _NO_UNIT) for number in range(1, line_count(order) + 1)]
    if order.status in FIXED:
        pairs = zip(counters, quantities(order), strict=True)
        return tuple(_fixed_counter(order.status, counter, quantity) for counter, quantity in pairs)
    return tuple(counters)


def line_counter(order: Subject, number: int) -> Counter:
    """Return the counter of one line, without a look at the others."""
    counter = order.life.counters.get(number, _NO_UNIT)
    if order.status in FIXED:
        return _fixed_counter(order.status, counter, line_quantity(order, number))
    return counter


def open_units(order: Subject, numbers: Iterable[int] | None = None) -> dict[int, int]:
    """Return the open units of each line that has any: neither shipped nor cancelled.

    With ``numbers`` it looks at these lines only; a number that no line has is left out.
    """
    present = range(1, line_count(order) + 1)
    wanted = present if numbers is None else [number for number in numbers if number in present]
    return {number: units for number in wanted if (units := _open_units_of(order, number))}


def leaves_open(order: Subject, units: Mapping[int, int]) -> bool:
    """Return whether a unit of the order is open besides these open units, which are by the number of their line.

    It looks at the last line first, because most orders are shipped in the sequence of their lines.
    """
    return any(_open_units_of(order, number) > units.get(number, 0) for number in range(line_count(order), 0, -1))


def _open_units_of(order: Subject, number: int) -> int:
    if order.status in FIXED:
        return 0
    counter = order.life.counters.get(number, _NO_UNIT)
    return line_quantity(order, number) - counter.shipped - counter.cancelled


def _fixed_counter(status: OrderStatus, counter: Counter, quantity: int) -> Counter:
    """Return the counter of a line of which no unit is open."""
    if status is OrderStatus.CANCELED:
        return Counter(cancelled=quantity)
    return Counter(quantity - counter.cancelled, counter.cancelled, counter.returned)


_NO_UNIT = Counter()


def _of_item(number: int, item: CustomItem, currency: str, *, product_id: int | None) -> Line:
    said = item.as_line(currency)
    claimed, sku, price = said.get("product_id"), said.get("sku"), said.get("unit_price_minor")
    titles = (item.content.get(name) for name in TITLES)
    return Line(
        number=number,
        quantity=item_quantity(item),
        title=next((title for title in titles if isinstance(title, str) and title.strip()), f"Item {number}"),
        sku=sku if isinstance(sku, str) else None,
        product_id=product_id or (claimed if isinstance(claimed, int) else None),
        unit_price_minor=price if isinstance(price, int) else None,
        content=item.content,
    )


def _of_product(number: int, line: OrderLine) -> Line:
    return Line(
        number=number,
        quantity=line.quantity,
        title=line.title or f"Product {line.product_id}",
        sku=line.sku,
        product_id=line.product_id,
        unit_price_minor=line.unit_price.minor,
    )
