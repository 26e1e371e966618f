"""Schemas of the contract's queries."""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

import marshmallow
from marshmallow import Schema, fields, validate

from orders_domain.errors import InvalidValue
from orders_domain.model.feed.cursor import CURSOR, LATEST
from orders_domain.model.feed.page import FEED_TYPES
from orders_domain.model.life.axes import FulfillmentStatus, PaymentStatus
from orders_domain.model.life.placing import MAX_LENGTHS
from orders_domain.model.life.state import MAX_TAG_LENGTH
from orders_domain.model.order_filter import Sort
from orders_domain.model.order_ref import ORDER_REF
from orders_domain.model.origin import Origin
from orders_domain.model.product import MAX_SKU_LENGTH
from orders_domain.model.search.search_text import MAX_TEXT_LENGTH, SearchText
from orders_domain.model.values.money import MAX_MINOR_UNITS
from orders_flask.contracts.shop.translate import VOCABULARY
from orders_flask.web.fields import (
    NO_NUL,
    DateOrDateTime,
    QueryInteger,
    SafeString,
    currency,
    cursor,
    status,
    text_field,
)

MAX_PAGE = 200
MAX_STUCK_HOURS = 24 * 366
MAX_WAIT = 30  # seconds of a long poll


def page_limit() -> QueryInteger:
    return QueryInteger(
        load_default=50,
        validate=validate.Range(min=1, max=MAX_PAGE),
        metadata={"description": "The maximum number of entries on the page."},
    )


def _member(members: type[Enum], description: str, **arguments: Any) -> fields.String:
    values = validate.OneOf([member.value for member in members])
    return fields.String(validate=values, metadata={"description": description}, **arguments)


def _matching(pattern: re.Pattern[str], error: str, description: str) -> fields.String:
    """Return a text that matches from its beginning; the document has the pattern as JavaScript writes it."""
    documented = f"^{pattern.pattern.removeprefix('^')}".replace(r"\Z", "$")
    shape = {"pattern": documented, "description": description}
    return fields.String(validate=validate.Regexp(pattern, error=error), metadata=shape)


def _total(description: str) -> QueryInteger:
    within = validate.Range(min=0, max=MAX_MINOR_UNITS)
    return QueryInteger(validate=within, metadata={"description": description})


class Search(SafeString):
    """A text to search for, as a ``SearchText``."""

    def __init__(self) -> None:
        description = (
            "Only orders with each of these words in the number, reference, customer, city, postal code, tracking "
            "numbers, skus or tags; for operators and administrators."
        )
        shape = {"minLength": 1, "maxLength": MAX_TEXT_LENGTH, "pattern": NO_NUL}
        super().__init__(metadata={**shape, "description": description})

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        try:
            return SearchText(super()._deserialize(value, attr, data, **kwargs))
        except InvalidValue as error:
            raise marshmallow.ValidationError(str(error)) from None


class ShopQuery(Schema):
    """Query of the list."""

    q = Search()
    status = status(VOCABULARY, metadata={"description": "Only orders with this status."})
    payment_status = _member(PaymentStatus, "Only orders with this payment status.")
    fulfillment_status = _member(FulfillmentStatus, "Only orders with this fulfillment status.")
    origin = _member(Origin, "Only orders that were placed by this contract.")
    user_id = text_field(255, description="Only orders of this user; by default all that the sender may see.")
    reference = text_field(MAX_LENGTHS["reference"], description="Only the order with this reference, of any source.")
    source = text_field(MAX_LENGTHS["source"], description="Only orders with a reference of this source.")
    sku = text_field(MAX_SKU_LENGTH, description="Only orders of the product with this SKU.")
    tag = text_field(MAX_TAG_LENGTH, description="Only orders with this tag.")
    hold = fields.String(validate=validate.OneOf(["true", "false"]), metadata={"description": "Whether it is held."})
    created_from = DateOrDateTime()
    created_to = DateOrDateTime(description="An ISO 8601 date or datetime; that day or moment is included.")
    updated_since = DateOrDateTime()
    stuck_hours = QueryInteger(
        validate=validate.Range(min=1, max=MAX_STUCK_HOURS),
        metadata={"description": "Only orders with open units that have not changed for so many hours."},
    )
    min_total_minor = _total("The smallest total in minor units of `currency`.")
    max_total_minor = _total("The largest total in minor units of `currency`.")
    currency = currency(withdrawn=True, example=None, description="Only orders in this currency.")
    sort = _member(Sort, "The sequence of the orders.", load_default=Sort.NEWEST.value)
    limit = page_limit()
    cursor = cursor("From `next_cursor` of the previous page.", load_default=None)


class GetQuery(Schema):
    """Query of one order."""

    view = fields.String(
        validate=validate.OneOf(["ucp"]),
        metadata={"description": "`ucp`: an order of the Universal Commerce Protocol, by its own schema."},
    )


class EventTypes(fields.String):
    """Names of event types, separated by commas."""

    def __init__(self) -> None:
        name = f"({'|'.join(map(re.escape, FEED_TYPES))})"
        description = f"Only events of these types, separated by commas: {', '.join(FEED_TYPES)}."
        super().__init__(metadata={"pattern": f"^{name}(,{name})*$", "description": description})

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        names = frozenset(super()._deserialize(value, attr, data, **kwargs).split(","))
        if not names.issubset(FEED_TYPES):
            raise marshmallow.ValidationError(f"Must be of these names: {', '.join(FEED_TYPES)}.")
        return names


class EventsQuery(Schema):
    """Query of the event feed."""

    after = _matching(
        CURSOR,
        f"Must be {LATEST} or a next_cursor of the feed.",
        "`next_cursor` of the page before, or `latest`; the beginning without it.",
    )
    types = EventTypes()
    order = _matching(
        ORDER_REF, "Must be the id or the number of an order.", "Only events of this order, by its id or number."
    )
    limit = page_limit()
    wait = QueryInteger(
        load_default=0,
        validate=validate.Range(min=0, max=MAX_WAIT),
        metadata={"description": "The seconds to wait for an event if there is none."},
    )
