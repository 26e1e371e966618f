"""Schemas of the contract's requests and responses (clause 001-03)."""

from collections.abc import Mapping
from typing import Any

import marshmallow
from marshmallow import Schema, fields, validate

from orders_domain.errors import InvalidValue
from orders_domain.model.custom_item import MAX_ITEMS, CustomItem
from orders_domain.model.order_filter import MAX_PAGE_SIZE
from orders_domain.model.values.money import MAX_MINOR_UNITS
from orders_flask.contracts.orders.translate import VOCABULARY
from orders_flask.web.fields import (
    Amount,
    BoundedList,
    QueryInteger,
    StrictNumber,
    Timestamp,
    UserIdResponse,
    currency,
    cursor,
    status,
)

_ITEM = {
    "type": "object",
    "additionalProperties": True,
    "description": "Any JSON object; stored and returned unchanged.",
    "example": {"sku": "TEA-1", "quantity": 2, "unit_price": 37.5},
}


class ItemField(fields.Field[CustomItem]):
    """An item that the client describes."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> CustomItem:
        try:
            return CustomItem(value)
        except InvalidValue as error:
            raise marshmallow.ValidationError(str(error)) from error


class OrderCreate(Schema):
    """Request body: a new order."""

    items = BoundedList(
        ItemField(required=True, metadata=_ITEM), limit=MAX_ITEMS, least=0, load_default=list, metadata={"default": []}
    )
    total_price = StrictNumber(
        required=True,
        metadata={
            "type": "number",
            "minimum": 0,
            "maximum": MAX_MINOR_UNITS / 100,
            "description": "In major units, with at most the currency's number of decimals. If every item has a "
            "quantity (`quantity` or `qty`) and a price (`unit_price` or `price`), it must equal their sum. "
            "Noise of floating-point sums, as in 0.30000000000000004, is removed.",
            "example": 75.0,
        },
    )
    currency = currency(description="An ISO 4217 code; by default the service's currency.")


class OrderUpdate(Schema):
    """Request body: the new status; null or no status leaves the order unchanged."""

    status = status(VOCABULARY, load_default=None, allow_none=True)


class OrderResponse(Schema):
    """An order."""

    id = fields.UUID(required=True)
    user_id = UserIdResponse(required=True)
    items = fields.List(fields.Raw(metadata=_ITEM), required=True)
    total_price = Amount(required=True, metadata={"type": "number"})
    status = status(VOCABULARY, required=True)
    created_at = Timestamp(required=True, metadata={"type": "string", "format": "date-time"})
    currency = fields.String(required=True)
    updated_at = Timestamp(required=True, metadata={"type": "string", "format": "date-time"})
    version = fields.Integer(required=True)


class ListQuery(Schema):
    """Query: size and cursor of a page."""

    limit = QueryInteger(
        load_default=100,
        validate=validate.Range(min=1, max=MAX_PAGE_SIZE),
        metadata={"description": "The maximum number of orders of the page."},
    )
    cursor = cursor("From the Link header of the previous page.", load_default=None)


class ProblemDetails(Schema):
    """Error body (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    errors = fields.Dict(metadata={"description": "Messages by field."})
