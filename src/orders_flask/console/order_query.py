"""Query of the list of orders: the fields of its form, what the search box means, and the filter of both."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from orders_domain.errors import InvalidValue, OrderNotFound
from orders_domain.model.access import SHOP
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.life.axes import FulfillmentStatus, PaymentStatus
from orders_domain.model.life.open_orders import OPEN_STATUSES
from orders_domain.model.order_filter import OrderFilter, Sort
from orders_domain.model.order_ref import OrderRef, parse_order_ref
from orders_domain.model.origin import Origin
from orders_domain.model.search.search_text import SearchText
from orders_domain.model.status import OrderStatus
from orders_domain.model.values.money import Money
from orders_domain.model.values.timestamps import parse_time_range
from orders_domain.use_cases import ListOrders
from orders_flask.web.pagination import read_cursor
from orders_flask.web.problems import InvalidRequest

PAGE_SIZE = 50
SELECT = "select"
"""The field of the orders that are ticked: ``page`` for all."""
OPEN = "open"
"""The name of the statuses in which an order waits for somebody."""
STATUSES: Mapping[str, frozenset[OrderStatus]] = {
    OPEN: frozenset(OPEN_STATUSES),
    **{status.value.lower(): frozenset({status}) for status in OrderStatus},
}
_SEARCHED = {"tag": "tag", "sku": "sku", "user": "user_id", "source": "source"}
"""The filter of each prefix in the search box: ``tag:gift``."""
_AMOUNT = re.compile(r"([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderQuery:
    """The query of a page: its texts by field, without other fields; the filter, and what is wrong by field."""

    texts: Mapping[str, str]
    order_filter: OrderFilter
    errors: Mapping[str, str]

    def request(self, actor: Actor) -> ListOrders:
        return ListOrders(actor=actor, order_filter=self.order_filter, access=SHOP)

    @property
    def page(self) -> Mapping[str, str]:
        """The texts without the selection of orders."""
        return {name: text for name, text in self.texts.items() if name != SELECT}

    @property
    def view(self) -> Mapping[str, str]:
        """The texts that a view has: those of every page."""
        return {name: text for name, text in self.page.items() if name != "cursor"}

    @property
    def is_filtered(self) -> bool:
        return not self.view.keys() <= {"sort"}


def parse_query(given: Mapping[str, str]) -> OrderQuery:
    """Return the query; a field that is not valid selects nothing and has an error."""
    texts = {name: given[name].strip() for name in (*_FIELDS, SELECT) if given.get(name, "").strip()}
    conditions: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, read in _FIELDS.items():
        if name in texts:
            try:
                conditions |= read(texts[name], texts)
            except (InvalidValue, ValueError, LookupError) as error:
                errors[name] = str(error) if isinstance(error, InvalidValue) else _CHOICE
            except InvalidRequest:
                errors[name] = "Must be the cursor of a page."
    try:
        return OrderQuery(texts=texts, order_filter=OrderFilter(limit=PAGE_SIZE, **conditions), errors=errors)
    except InvalidValue as error:
        return OrderQuery(texts=texts, order_filter=OrderFilter(limit=PAGE_SIZE), errors={**errors, "q": str(error)})


def searched_order(text: str) -> OrderRef | None:
    """Return the order that the text of the search box names by its number or id."""
    try:
        return parse_order_ref(text.strip().removeprefix("#"))
    except OrderNotFound:
        return None


_CHOICE = "Must be one of the values of the list."


def _search(text: str, _: Mapping[str, str]) -> dict[str, Any]:
    """Return the condition of the search box: ``tag:…``, ``sku:…``, ``user:…``, ``source:…``, otherwise the words."""
    prefix, colon, value = text.partition(":")
    if colon and prefix in _SEARCHED and value.strip():
        return {_SEARCHED[prefix]: value.strip()}
    return {"search": SearchText(text)}


def _day(name: str, end: str) -> Callable[[str, Mapping[str, str]], dict[str, Any]]:
    def read(text: str, _: Mapping[str, str]) -> dict[str, Any]:
        try:
            return {name: getattr(parse_time_range(text), end)}
        except ValueError:
            raise InvalidValue("Must be a date, such as 2026-11-27.", field=name) from None

    return read


def _total(name: str) -> Callable[[str, Mapping[str, str]], dict[str, Any]]:
    def read(text: str, texts: Mapping[str, str]) -> dict[str, Any]:
        if "currency" not in texts:
            raise InvalidValue("A currency must be given with a total.")
        return {name: Money.of(to_amount(text), texts["currency"].upper(), withdrawn=True)}

    return read


def to_amount(text: str) -> Decimal:
    """Return the number of major units of a form.

    Raises:
        InvalidValue: the text is not a number, or a comma is not before three digits.
    """
    if not _AMOUNT.fullmatch(text.strip()):
        raise InvalidValue("An amount must be a number, such as 12.50.", field="amount")
    return Decimal(text.strip().replace(",", ""))


_FIELDS: Mapping[str, Callable[[str, Mapping[str, str]], dict[str, Any]]] = {
    "q": _search,
    "status": lambda text, _: {"statuses": STATUSES[text]},
    "payment_status": lambda text, _: {"payment_status": PaymentStatus(text)},
    "fulfillment_status": lambda text, _: {"fulfillment_status": FulfillmentStatus(text)},
    "hold": lambda text, _: {"is_held": {"true": True, "false": False}[text]},
    "origin": lambda text, _: {"origin": Origin(text)},
    "created_from": _day("placed_from", "start"),
    "created_to": _day("placed_before", "end"),
    "tag": lambda text, _: {"tag": text},
    "sku": lambda text, _: {"sku": text},
    "user_id": lambda text, _: {"user_id": text},
    "source": lambda text, _: {"source": text},
    "currency": lambda text, _: {"currency": text.upper()},
    "min_total": _total("min_total"),
    "max_total": _total("max_total"),
    "sort": lambda text, _: {"sort": Sort(text)},
    "cursor": lambda text, _: {"cursor": read_cursor(text)},
}
"""The conditions of each field, in the sequence in which they are applied: a field of the form overrides the search."""
