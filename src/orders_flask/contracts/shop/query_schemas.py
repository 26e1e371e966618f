"""Schemas of the contract's queries."""

from collections.abc import Mapping
from typing import Any

import marshmallow
from marshmallow import Schema, fields, validate

from orders_domain.model.feed.cursor import CURSOR, LATEST
from orders_domain.model.feed.page import FEED_TYPES
from orders_domain.model.life.axes import FulfillmentStatus, PaymentStatus
from orders_domain.model.life.placing import MAX_REFERENCE_LENGTH, MAX_SOURCE_LENGTH
from orders_domain.model.life.state import MAX_TAG_LENGTH
from orders_domain.model.order_filter import Sort
from orders_domain.model.order_ref import ORDER_REF
from orders_domain.model.origin import Origin
from orders_domain.model.product import MAX_SKU_LENGTH
from orders_domain.model.values.money import MAX_MINOR_UNITS
from orders_flask.contracts.shop.schemas import text_field
from orders_flask.contracts.shop.translate import VOCABULARY
from orders_flask.web.fields import (
    DateOrDateTime,
    QueryInteger,
    currency,
    cursor,
    status,
)

MAX_PAGE = 200
MAX_WAIT = 30  # seconds of a long poll


class ShopQuery(Schema):
    """Query of the list."""

    status = status(VOCABULARY)
    payment_status = fields.String(validate=validate.OneOf([member.value for member in PaymentStatus]))
    fulfillment_status = fields.String(validate=validate.OneOf([member.value for member in FulfillmentStatus]))
    origin = fields.String(validate=validate.OneOf([origin.value for origin in Origin]))
    user_id = text_field(255)
    reference = text_field(MAX_REFERENCE_LENGTH)
    source = text_field(MAX_SOURCE_LENGTH)
    sku = text_field(MAX_SKU_LENGTH)
    tag = text_field(MAX_TAG_LENGTH)
    hold = fields.String(validate=validate.OneOf(["true", "false"]), metadata={"description": "Whether it is held."})
    created_from = DateOrDateTime()
    created_to = DateOrDateTime(description="An ISO 8601 date or datetime; that day or moment is included.")
    updated_since = DateOrDateTime()
    min_total_minor = QueryInteger(validate=validate.Range(min=0, max=MAX_MINOR_UNITS))
    max_total_minor = QueryInteger(validate=validate.Range(min=0, max=MAX_MINOR_UNITS))
    currency = currency()
    sort = fields.String(load_default=Sort.NEWEST.value, validate=validate.OneOf([sort.value for sort in Sort]))
    limit = QueryInteger(load_default=50, validate=validate.Range(min=1, max=MAX_PAGE))
    cursor = cursor("From `next_cursor` of the previous page.", load_default=None)


class GetQuery(Schema):
    """Query of one order."""

    view = fields.String(
        validate=validate.OneOf(["ucp"]),
        metadata={"description": "`ucp`: as an order of the Universal Commerce Protocol."},
    )


class EventTypes(fields.String):
    """Names of event types, separated by commas."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        names = frozenset(super()._deserialize(value, attr, data, **kwargs).split(","))
        if not names.issubset(FEED_TYPES):
            raise marshmallow.ValidationError(f"Must be of these names: {', '.join(FEED_TYPES)}.")
        return names


class EventsQuery(Schema):
    """Query of the event feed."""

    after = fields.String(
        validate=validate.Regexp(CURSOR, error=f"Must be {LATEST} or a next_cursor of the feed."),
        metadata={"description": "`next_cursor` of the page before, or `latest`; the beginning without it."},
    )
    types = EventTypes(
        metadata={"description": f"Only events of these types, separated by commas: {', '.join(FEED_TYPES)}."}
    )
    order = fields.String(
        validate=validate.Regexp(ORDER_REF, error="Must be the id or the number of an order."),
        metadata={"description": "Only events of this order, by its id or number."},
    )
    limit = QueryInteger(load_default=50, validate=validate.Range(min=1, max=MAX_PAGE))
    wait = QueryInteger(
        load_default=0,
        validate=validate.Range(min=0, max=MAX_WAIT),
        metadata={"description": "The seconds to wait for an event if there is none."},
    )
