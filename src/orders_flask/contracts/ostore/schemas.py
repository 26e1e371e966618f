"""Schemas of the contract's requests and responses."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH
from orders_domain.model.custom_item import MAX_ITEMS
from orders_domain.model.product import MAX_QUANTITY
from orders_flask.contracts.ostore.translate import VOCABULARY
from orders_flask.web.fields import (
    NO_NUL,
    Amount,
    BoundedList,
    SafeString,
    StrictInteger,
    Timestamp,
    UserIdResponse,
    status,
    text_field,
)

MAX_ID = 2**63 - 1
MAX_ADDRESS_LENGTH = 1_000


class UserId(SafeString):
    """A user id: a string, or an integer (the source's own users have integers), which is converted to its digits."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if type(value) is int and 0 <= value <= MAX_ID:
            return str(value)
        text = super()._deserialize(value, attr, data, **kwargs)
        if not 1 <= len(text) <= MAX_SUBJECT_LENGTH:
            raise ValidationError(f"Length must be between 1 and {MAX_SUBJECT_LENGTH}.")
        return text


class OStoreItemCreate(Schema):
    """Request: a product and its quantity."""

    productID = StrictInteger(required=True, validate=validate.Range(1, MAX_ID), metadata={"example": 1})
    quantity = StrictInteger(required=True, validate=validate.Range(1, MAX_QUANTITY), metadata={"example": 2})


class OStoreOrderCreate(Schema):
    """Request body: the user and the products to order and ship."""

    userID = UserId(
        required=True,
        metadata={
            "type": ["string", "integer"],
            "minLength": 1,
            "maxLength": MAX_SUBJECT_LENGTH,
            "pattern": NO_NUL,
            "minimum": 0,
            "maximum": MAX_ID,
            "description": "Must be the token's subject; administrators may use any user's id.",
        },
    )
    orderItems = BoundedList(fields.Nested(OStoreItemCreate), limit=MAX_ITEMS, required=True)
    shippingAddress = text_field(
        MAX_ADDRESS_LENGTH,
        description="Passed to the shipment service, which checks it; this service does not store it.",
        allow_none=True,
    )


class OStoreOrderPlaced(Schema):
    """Response body: a new order."""

    orderID = fields.Integer(required=True, metadata={"description": "The order's number."})
    orderDate = Timestamp(required=True, metadata={"type": "string", "format": "date-time"})
    status = status(VOCABULARY, required=True)
    totalAmount = Amount(required=True, metadata={"type": "number"})
    shipmentID = fields.String(
        required=True, allow_none=True, metadata={"description": "null for orders of other contracts."}
    )


class OStoreItemResponse(Schema):
    """An order line, with the price at the time of the order."""

    orderItemID = fields.Integer(required=True)
    productID = fields.Raw(
        required=True, allow_none=True, metadata={"description": "An integer for a product of this service."}
    )
    quantity = fields.Raw(required=True, allow_none=True, metadata={"type": "number"})
    price = fields.Raw(required=True, allow_none=True, metadata={"type": "number"})


class OStoreOrderResponse(OStoreOrderPlaced):
    """An order."""

    userID = UserIdResponse(required=True, allow_none=True)
    orderItems = fields.List(fields.Nested(OStoreItemResponse), required=True)


class UnavailableItem(Schema):
    """A product without sufficient stock."""

    productID = fields.Integer(required=True)
    requested = fields.Integer(required=True)
    available = fields.Integer(required=True)


class OStoreError(Schema):
    """Error body."""

    error = fields.String(required=True)
    unavailableItems = fields.List(fields.Nested(UnavailableItem))
