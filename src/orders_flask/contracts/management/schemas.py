"""Schemas of the contract's requests and responses."""

from datetime import UTC
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH
from orders_domain.model.address import MAX_LENGTHS
from orders_domain.model.custom_item import MAX_ITEMS
from orders_domain.model.product import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, MAX_QUANTITY, MAX_SKU_LENGTH
from orders_domain.model.product_filter import MAX_QUERY_LENGTH
from orders_domain.model.values.money import MAX_MINOR_UNITS
from orders_flask.contracts.management.translate import SHIPPING, VOCABULARY
from orders_flask.web.fields import (
    NO_NUL,
    NOT_BLANK,
    Amount,
    AmountParameter,
    BoundedList,
    DateOrDateTime,
    QueryInteger,
    SafeString,
    StrictInteger,
    StrictNumber,
    Timestamp,
    TimeZone,
    TrimmedString,
    UserIdResponse,
    currency,
    cursor,
    not_blank,
    reason,
    status,
    text_field,
)

MAX_STOCK = 10**9
_NUMBER_OR_NULL = {"type": "number", "description": "null if an item of another contract has no number."}
_MOMENT = {"type": "string", "format": "date-time"}
_AMOUNT = {"type": "number", "minimum": 0, "maximum": MAX_MINOR_UNITS / 100}


class OrderItemCreate(Schema):
    """Request: a product and its quantity."""

    product_id = StrictInteger(required=True, metadata={"example": 1})
    quantity = StrictInteger(required=True, validate=validate.Range(1, MAX_QUANTITY), metadata={"example": 2})


def _address_field(part: str) -> fields.Field[str]:
    max_length = validate.Length(max=MAX_LENGTHS[part])
    if part == "line2":
        shape = {"maxLength": MAX_LENGTHS[part], "pattern": NO_NUL, "description": "Blank is stored as null."}
        return SafeString(allow_none=True, validate=max_length, metadata=shape)
    shape = {"minLength": 1, "maxLength": MAX_LENGTHS[part], "pattern": NOT_BLANK}
    return SafeString(required=True, validate=[max_length, not_blank], metadata=shape)


ShippingAddress = Schema.from_dict(
    {name: _address_field(part) for part, name in SHIPPING.items()}, name="ShippingAddress"
)


ORDER_EXAMPLE = {
    "order_items": [{"product_id": 1, "quantity": 2}],
    "shipping_address_line1": "123 Main St",
    "shipping_city": "New York",
    "shipping_state": "NY",
    "shipping_postal_code": "10001",
    "shipping_country": "USA",
}


class RequestedItems(ShippingAddress):  # type: ignore[misc, valid-type]  # generated from SHIPPING
    """Products and their shipping address, which an order and a template have."""

    order_items = BoundedList(fields.Nested(OrderItemCreate), limit=MAX_ITEMS, required=True)


class ManagedOrderCreate(RequestedItems):
    """Request body: products to order and their shipping address."""


class OrderItemResponse(Schema):
    """An order line, with the price at the time of the order. Items of other contracts are shown as they were sent."""

    order_item_id = fields.Integer(required=True)
    product_id = fields.Raw(
        required=True, allow_none=True, metadata={"description": "An integer for a product of this service."}
    )
    quantity = fields.Raw(required=True, allow_none=True, metadata=_NUMBER_OR_NULL)
    unit_price = fields.Raw(required=True, allow_none=True, metadata=_NUMBER_OR_NULL)
    subtotal = fields.Raw(required=True, allow_none=True, metadata=_NUMBER_OR_NULL)


class ManagedOrderResponse(Schema):
    """An order."""

    order_id = fields.Integer(required=True, metadata={"description": "The order's number."})
    user_id = UserIdResponse(required=True, allow_none=True, metadata={"description": "null for a guest's order."})
    order_date = Timestamp(required=True, metadata=_MOMENT)
    status = status(VOCABULARY, required=True)
    total_amount = Amount(required=True, metadata={"type": "number"})
    currency = fields.String(required=True)
    shipping_address_line1 = fields.String(allow_none=True)
    shipping_address_line2 = fields.String(allow_none=True)
    shipping_city = fields.String(allow_none=True)
    shipping_state = fields.String(allow_none=True)
    shipping_postal_code = fields.String(allow_none=True)
    shipping_country = fields.String(allow_none=True)
    order_items = fields.List(fields.Nested(OrderItemResponse), required=True)


class StatusUpdate(Schema):
    """Request body: the new status, and the reason for a cancellation."""

    status = status(VOCABULARY, required=True)
    reason = reason()


class PageQuery(Schema):
    """Query: offset and size of a page."""

    skip = QueryInteger(
        load_default=0,
        validate=validate.Range(min=0, max=100_000),
        metadata={"description": "How many results are skipped before the page."},
    )
    limit = QueryInteger(
        load_default=10,
        validate=validate.Range(min=1, max=1_000),
        metadata={"description": "The maximum number of results of the page."},
    )


class OwnOrdersQuery(PageQuery):
    """Query: offset or cursor, and size of a page."""

    cursor = cursor("From the Link header of the previous page; replaces skip.")


class SearchQuery(OwnOrdersQuery):
    """Query: filters, combined with AND."""

    status = status(VOCABULARY, metadata={"description": "Only orders of this status."})
    user_id = text_field(MAX_SUBJECT_LENGTH, description="Only orders of this user.")
    start_date = DateOrDateTime(description="An ISO 8601 date or datetime; UTC if it has no offset.")
    end_date = DateOrDateTime(description="An ISO 8601 date or datetime, inclusive; UTC if it has no offset.")
    tz = TimeZone()
    currency = currency(
        withdrawn=True,
        description="The currency of the orders and of both amounts; by default the service's.",
        example=None,
    )
    min_amount = AmountParameter(description="Minimum total, in major units of the currency.")
    max_amount = AmountParameter(description="Maximum total, in major units of the currency.")

    @validates_schema
    def _ordered(self, data: dict[str, Any], **kwargs: Any) -> None:
        for name in ("start_date", "end_date"):
            if name in data:
                data[name] = data[name].in_zone(data.get("tz", UTC))
        start, end = data.get("start_date"), data.get("end_date")
        if start and end and start.start >= end.end:
            raise ValidationError("Must not be after end_date.", "start_date")


class ProductQuery(PageQuery):
    """Query: filters of products, combined with AND."""

    q = text_field(MAX_QUERY_LENGTH, description="Words, each of which begins a word of the name or the sku.")
    sku = TrimmedString(
        validate=[validate.Length(max=MAX_SKU_LENGTH), not_blank],
        metadata={
            "minLength": 1,
            "maxLength": MAX_SKU_LENGTH,
            "pattern": NOT_BLANK,
            "description": "Only the product of this sku.",
        },
    )
    cursor = cursor("From the Link header of the previous page; replaces skip.", length=11)


class Confirmation(Schema):
    """Confirmation."""

    message = fields.String(required=True)


class ManagementError(Schema):
    """Error body: a text, or an object with a message and further members."""

    detail = fields.Raw(
        required=True,
        metadata={
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "required": ["message"],
                    "properties": {"message": {"type": "string"}},
                    "additionalProperties": True,
                },
            ]
        },
    )


class ProductCreate(Schema):
    """Request body: a new product."""

    name = TrimmedString(
        required=True,
        validate=[validate.Length(max=MAX_NAME_LENGTH), not_blank],
        metadata={"minLength": 1, "maxLength": MAX_NAME_LENGTH, "pattern": NOT_BLANK},
    )
    price = StrictNumber(required=True, metadata=_AMOUNT)
    currency = currency(description="An ISO 4217 code; by default the service's currency.")
    stock_quantity = StrictInteger(required=True, validate=validate.Range(0, MAX_STOCK))
    sku = TrimmedString(
        validate=[validate.Length(max=MAX_SKU_LENGTH), not_blank],
        metadata={"minLength": 1, "maxLength": MAX_SKU_LENGTH, "pattern": NOT_BLANK},
    )
    low_stock_threshold = StrictInteger(validate=validate.Range(0, MAX_STOCK))
    description = TrimmedString(
        validate=validate.Length(max=MAX_DESCRIPTION_LENGTH),
        metadata={"pattern": NO_NUL, "description": "A blank text removes the description."},
    )


class Restock(Schema):
    """Request body: the quantity to add to a stock."""

    quantity = StrictInteger(required=True, validate=validate.Range(1, MAX_STOCK), metadata={"example": 5})


class ProductUpdate(ProductCreate):
    """Request body: new values of a product's fields; absent fields are unchanged."""

    class Meta:
        exclude = ("currency",)

    name = TrimmedString(
        validate=[validate.Length(max=MAX_NAME_LENGTH), not_blank],
        metadata={"minLength": 1, "maxLength": MAX_NAME_LENGTH, "pattern": NOT_BLANK},
    )
    price = StrictNumber(metadata=_AMOUNT)
    stock_quantity = StrictInteger(validate=validate.Range(0, MAX_STOCK))


class ProductResponse(Schema):
    """A product."""

    product_id = fields.Integer(required=True)
    sku = fields.String(required=True)
    name = fields.String(required=True)
    price = Amount(required=True, metadata={"type": "number"})
    currency = fields.String(required=True)
    stock_quantity = fields.Integer(required=True)
    low_stock_threshold = fields.Integer(required=True)
    description = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True, metadata={"description": "The value of the ETag."})
