"""The bodies of this contract (clause 001-03)."""

from collections.abc import Mapping
from typing import Any

import marshmallow
from marshmallow import Schema, fields, validate

from orders_domain.errors import InvalidValue
from orders_domain.model.custom_item import MAX_ITEMS, CustomItem
from orders_domain.model.money import MAX_MINOR_UNITS
from orders_domain.model.order_filter import MAX_PAGE_SIZE
from orders_flask.contracts.orders.translate import VOCABULARY
from orders_flask.web.fields import Amount, BoundedList, QueryInteger, StrictNumber, Timestamp, currency, cursor, status

_ITEM = {
    "type": "object",
    "additionalProperties": True,
    "description": "Any JSON object; kept and given back as sent.",
    "example": {"sku": "TEA-1", "quantity": 2, "unit_price": 37.5},
}


class ItemField(fields.Field[CustomItem]):
    """A line as the client describes it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> CustomItem:
        try:
            return CustomItem(value)
        except InvalidValue as error:
            raise marshmallow.ValidationError(str(error)) from error


class OrderCreate(Schema):
    """An order to be placed."""

    items = BoundedList(ItemField(required=True, metadata=_ITEM), limit=MAX_ITEMS, required=True)
    total_price = StrictNumber(
        required=True,
        metadata={
            "type": "number",
            "minimum": 0,
            "maximum": MAX_MINOR_UNITS / 100,
            "description": "In major units, with no more decimals than the currency has. Where every item has a "
            "quantity (`quantity` or `qty`) and a price (`unit_price` or `price`), it is their sum.",
            "example": 75.0,
        },
    )
    currency = currency(description="ISO 4217; the service's default where absent.")


class OrderUpdate(Schema):
    """A status to be taken."""

    status = status(VOCABULARY, required=True)


class OrderResponse(Schema):
    """An order as it stands."""

    id = fields.UUID(required=True)
    user_id = fields.String(required=True)
    items = fields.List(fields.Raw(metadata=_ITEM), required=True)
    total_price = Amount(required=True, metadata={"type": "number"})
    status = status(VOCABULARY, required=True)
    created_at = Timestamp(required=True, metadata={"type": "string", "format": "date-time"})
    currency = fields.String(required=True)
    updated_at = Timestamp(required=True, metadata={"type": "string", "format": "date-time"})
    version = fields.Integer(required=True)


class ListQuery(Schema):
    """Which page of a list."""

    limit = QueryInteger(load_default=100, validate=validate.Range(min=1, max=MAX_PAGE_SIZE))
    cursor = cursor("From the Link header of the page before.", load_default=None)


class ProblemDetails(Schema):
    """What went wrong (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    errors = fields.Dict(metadata={"description": "Messages by field."})
