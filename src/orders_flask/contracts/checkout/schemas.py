"""Schemas of the contract's request and response bodies."""

from datetime import datetime
from typing import Any

from marshmallow import Schema, fields, validate

from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH
from orders_flask.contracts.checkout.translate import VOCABULARY
from orders_flask.web.fields import reason, status

_SNAPSHOT = {
    "type": "object",
    "additionalProperties": True,
    "description": "The signed snapshot of a cart (see docs/signing). Further members are stored unchanged.",
    "required": [
        *("snapshotId", "cartId", "cartVersion", "currency", "items"),
        *("totals", "createdAt", "signature"),
    ],
    "properties": {
        "snapshotId": {"type": "string", "minLength": 1, "maxLength": 255},
        "cartId": {"type": "string", "minLength": 1, "maxLength": 255},
        "cartVersion": {"type": "integer", "minimum": 0},
        "currency": {"type": "string"},
        "items": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1000,
            "items": {
                "type": "object",
                "additionalProperties": True,
                "description": "Has `quantity` or `qty`. Either every item has a price or none has.",
                "properties": {
                    "quantity": {"type": "integer", "minimum": 1, "maximum": 10_000},
                    "qty": {"type": "integer", "minimum": 1, "maximum": 10_000},
                    "unitPriceCents": {"type": ["integer", "null"], "minimum": 0},
                    "currency": {"type": ["string", "null"]},
                },
            },
        },
        "totals": {
            "type": "object",
            "required": ["itemCount", "totalQuantity", "subtotalCents", "currency"],
            "properties": {
                "itemCount": {"type": "integer"},
                "totalQuantity": {"type": "integer"},
                "subtotalCents": {"type": ["integer", "null"], "description": "null if no item has a price."},
                "currency": {"type": "string"},
            },
        },
        # No format, because a generated client would write the time anew, and the signature would not match.
        "createdAt": {"type": "string", "description": "RFC 3339, signed as it is written."},
        "userId": {"type": ["string", "null"], "minLength": 1, "maxLength": MAX_SUBJECT_LENGTH},
        "email": {"type": ["string", "null"], "description": "The address of letters about the order."},
        "phone": {"type": ["string", "null"], "description": "The number of short messages about the order (E.164)."},
        "locale": {"type": ["string", "null"], "description": "The language of both, such as de-AT."},
        "customer": {
            "type": ["object", "null"],
            "additionalProperties": True,
            "description": "May have `email`, `phone` and `locale` instead.",
        },
        "signature": {"type": "string", "description": "Hexadecimal HMAC-SHA256."},
    },
}


class Milliseconds(fields.Field[datetime]):
    """An RFC 3339 timestamp in UTC with milliseconds."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z") if value else None


_MOMENT = {"type": "string", "format": "date-time", "example": "2024-01-01T00:05:00.000Z"}


_IGNORED = {"description": "Ignored: the signed snapshot decides. Gateways of the cart service send it."}


class CheckoutOrderCreate(Schema):
    """Request body: the signed cart to order."""

    cartSnapshot = fields.Raw(required=True, metadata=_SNAPSHOT)  # noqa: N815 - the contract's own names, here and below
    userId = fields.Raw(allow_none=True, metadata=_IGNORED)  # noqa: N815
    locale = fields.Raw(
        allow_none=True, metadata={"description": "The language of letters about the order, such as de."}
    )
    currency = fields.Raw(allow_none=True, metadata=_IGNORED)


class CheckoutOrderCreated(Schema):
    """Response body: the id of the new order."""

    orderId = fields.UUID(required=True)  # noqa: N815


class Cancellation(Schema):
    """Request body: an optional reason of a cancellation."""

    optional_body = True

    reason = reason()


class CheckoutTotals(Schema):
    """Totals of an order; the quantity is null if another contract's order does not state it."""

    itemCount = fields.Integer(required=True)  # noqa: N815
    totalQuantity = fields.Integer(required=True, allow_none=True)  # noqa: N815
    subtotalCents = fields.Integer(  # noqa: N815
        required=True, allow_none=True, metadata={"description": "null if the cart has no prices."}
    )
    currency = fields.String(required=True)


class CheckoutOrder(Schema):
    """An order."""

    id = fields.UUID(required=True)
    status = status(VOCABULARY, required=True)
    currency = fields.String(required=True)
    userId = fields.String(required=True, allow_none=True)  # noqa: N815
    totals = fields.Nested(CheckoutTotals, required=True)
    cartSnapshot = fields.Raw(  # noqa: N815
        required=True, metadata={**_SNAPSHOT, "type": ["object", "null"], "description": "The snapshot as it was sent."}
    )
    cancellationReason = fields.String(required=True, allow_none=True)  # noqa: N815
    canceledAt = Milliseconds(required=True, metadata={**_MOMENT, "type": ["string", "null"]})  # noqa: N815
    createdAt = Milliseconds(required=True, metadata=_MOMENT)  # noqa: N815
    updatedAt = Milliseconds(required=True, metadata=_MOMENT)  # noqa: N815


class CheckoutCanceled(Schema):
    """Response body of a cancellation."""

    status = fields.String(required=True, validate=validate.Equal("canceled"))
    order = fields.Nested(CheckoutOrder, required=True)


class CheckoutError(Schema):
    """Error body."""

    error = fields.String(required=True)
    details = fields.Dict(metadata={"description": "Messages by field."})


class CheckoutFinalized(CheckoutError):
    """Error body with the order that can no longer be cancelled."""

    order = fields.Nested(CheckoutOrder)
