"""Schemas of the contract's requests. Unknown members are rejected."""

from collections.abc import Mapping, Sequence
from typing import Any

import marshmallow
from marshmallow import Schema, fields, validate

from orders_domain.model.accounts.contact import LANGUAGE, MAX_LANGUAGE_LENGTH
from orders_domain.model.accounts.contact import MAX_LENGTHS as CONTACT_LENGTHS
from orders_domain.model.address import MAX_LENGTHS
from orders_domain.model.custom_item import MAX_ITEMS
from orders_domain.model.life.changes import MAX_NOTE_LENGTH
from orders_domain.model.life.charges import MAX_CHARGES, ChargeKind
from orders_domain.model.life.payments import MAX_FACT_LENGTH, MAX_PROVIDER_LENGTH, PaymentKind
from orders_domain.model.life.placing import MAX_LENGTHS as PLACING_LENGTHS
from orders_domain.model.life.shipments import (
    MAX_CARRIER_LENGTH,
    MAX_EVENT_ID_LENGTH,
    MAX_EVENT_TEXT_LENGTH,
    MAX_TRACKING_LENGTH,
    ShipmentState,
)
from orders_domain.model.life.state import MAX_REASON_LENGTH, MAX_TAG_LENGTH, MAX_TAGS
from orders_domain.model.product import MAX_QUANTITY, MAX_SKU_LENGTH
from orders_domain.model.values.money import MAX_MINOR_UNITS
from orders_domain.model.values.timestamps import parse_rfc3339
from orders_flask.web.fields import BoundedList, StrictInteger, currency, text_field

_MINOR = {"description": "In minor units of the order's currency.", "example": 2500}


def _quantity(*, most: int = MAX_QUANTITY) -> StrictInteger:
    return StrictInteger(required=True, validate=validate.Range(min=1, max=most), metadata={"example": 2})


class ProductLine(Schema):
    """A line of a product by its id."""

    product_id = StrictInteger(required=True, validate=validate.Range(min=1))
    quantity = _quantity()


class SkuLine(Schema):
    """A line of a product by its sku."""

    sku = text_field(MAX_SKU_LENGTH, required=True)
    quantity = _quantity()


class PricedLine(Schema):
    """A line of an item with a stated price, which needs orders:write."""

    title = text_field(255, required=True)
    quantity = _quantity()
    unit_price_minor = StrictInteger(required=True, validate=validate.Range(min=0, max=MAX_MINOR_UNITS))
    content = fields.Dict(keys=fields.String(), metadata={"description": "Your own data, returned unchanged."})


def _with(names: Sequence[str], *, without: Sequence[str]) -> dict[str, Any]:
    """Return the JSON Schema of an object that has all members of the names, and none of the others."""
    return {"required": names, "not": {"anyOf": [{"required": [name]} for name in without]}}


_PRODUCT_LINES: Mapping[str, Schema] = {"product_id": ProductLine(), "sku": SkuLine()}
PRODUCT_LINE = {
    "type": "object",
    "description": "Units of a product by `product_id` or `sku`.",
    "properties": {
        "product_id": {"type": "integer", "minimum": 1},
        "sku": {"type": "string", "minLength": 1, "maxLength": MAX_SKU_LENGTH},
        "quantity": {"type": "integer", "minimum": 1, "maximum": MAX_QUANTITY},
    },
    "required": ["quantity"],
    "additionalProperties": False,
    "oneOf": [{"required": ["product_id"]}, {"required": ["sku"]}],
    "example": {"product_id": 1, "quantity": 2},
}
_LINE = {
    "type": "object",
    "description": "A product by `product_id` or `sku`; or, with orders:write, an item with its title and price.",
    "properties": {
        "product_id": {"type": "integer", "minimum": 1},
        "sku": {"type": "string", "minLength": 1, "maxLength": MAX_SKU_LENGTH},
        "title": {"type": "string", "minLength": 1, "maxLength": 255},
        "quantity": {"type": "integer", "minimum": 1, "maximum": MAX_QUANTITY},
        "unit_price_minor": {"type": "integer", "minimum": 0, "maximum": MAX_MINOR_UNITS},
        "content": {"type": "object", "additionalProperties": True},
    },
    "required": ["quantity"],
    "additionalProperties": False,
    "oneOf": [
        _with(["product_id"], without=["sku", "title", "unit_price_minor", "content"]),
        _with(["sku"], without=["product_id", "title", "unit_price_minor", "content"]),
        _with(["title", "unit_price_minor"], without=["product_id", "sku"]),
    ],
    "example": {"product_id": 1, "quantity": 2},
}


class LineField(fields.Field[Any]):
    """A line of a new order, by the member that says what it is."""

    kinds: Mapping[str, Schema] = {**_PRODUCT_LINES, "title": PricedLine()}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        named = [name for name in self.kinds if isinstance(value, Mapping) and name in value]
        if len(named) != 1:
            *others, last = self.kinds
            raise marshmallow.ValidationError(f"Must have exactly one of {', '.join(others)} and {last}.")
        return self.kinds[named[0]].load(value)


class ProductLineField(LineField):
    """A line of a stock hold."""

    kinds = _PRODUCT_LINES


class MomentField(fields.Field[Any]):
    """An RFC 3339 timestamp with an offset."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        try:
            return parse_rfc3339(value)
        except (ValueError, TypeError):
            raise marshmallow.ValidationError("Must be an RFC 3339 timestamp with an offset.") from None


class ChargeCreate(Schema):
    """A charge of the order, or of the line at a position of ``lines``, from 1."""

    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in ChargeKind]))
    amount_minor = StrictInteger(
        required=True,
        validate=validate.Range(min=-MAX_MINOR_UNITS, max=MAX_MINOR_UNITS),
        metadata={"description": "In minor units; negative for a discount, and for nothing else.", "example": 500},
    )
    code = text_field(64, least=0, load_default="")
    text = text_field(255, least=0, load_default="")
    line = StrictInteger(load_default=None, allow_none=True, validate=validate.Range(min=1, max=MAX_ITEMS))
    included = fields.Boolean(
        load_default=False, truthy={True}, falsy={False}, metadata={"description": "Whether the prices include it."}
    )


class AddressCreate(Schema):
    """An address."""

    line1 = text_field(MAX_LENGTHS["line1"], required=True)
    line2 = text_field(MAX_LENGTHS["line2"], allow_none=True)
    city = text_field(MAX_LENGTHS["city"], required=True)
    state = text_field(MAX_LENGTHS["state"], required=True)
    postal_code = text_field(MAX_LENGTHS["postal_code"], required=True)
    country = text_field(MAX_LENGTHS["country"], required=True)


class CustomerCreate(Schema):
    """The customer; another user than the sender's needs orders:write."""

    user_id = text_field(255)
    name = text_field(CONTACT_LENGTHS["name"], allow_none=True)
    email = text_field(CONTACT_LENGTHS["email"], allow_none=True)
    phone = text_field(CONTACT_LENGTHS["phone"], allow_none=True)
    language = text_field(MAX_LANGUAGE_LENGTH, pattern=f"^{LANGUAGE.pattern}$", allow_none=True)


class ShopOrderCreate(Schema):
    """Request body: a new order."""

    lines = BoundedList(LineField(metadata=_LINE), limit=MAX_ITEMS, required=True)
    charges = BoundedList(fields.Nested(ChargeCreate), limit=MAX_CHARGES, least=0)
    currency = currency(description="Of items with a stated price; by default the service's currency.")
    reference = text_field(PLACING_LENGTHS["reference"], allow_none=True)
    source = text_field(PLACING_LENGTHS["source"], allow_none=True)
    customer = fields.Nested(CustomerCreate)
    shipping_address = fields.Nested(AddressCreate, allow_none=True)
    billing_address = fields.Nested(AddressCreate, allow_none=True)
    tags = BoundedList(text_field(MAX_TAG_LENGTH), limit=MAX_TAGS, least=0)
    metadata = fields.Dict(keys=fields.String())
    expires_in_seconds = StrictInteger(
        validate=validate.Range(min=60, max=30 * 86_400),
        metadata={"description": "The order is canceled after this time unless it is paid.", "example": 3600},
    )
    stock_hold_id = fields.UUID(
        metadata={"description": "The stock hold that the order takes over; its other units return to stock."}
    )
    expected_total_minor = StrictInteger(validate=validate.Range(min=0, max=MAX_MINOR_UNITS), metadata=_MINOR)


class UnitsOfLine(Schema):
    """Units of a line, by its number."""

    number = StrictInteger(required=True, validate=validate.Range(min=1, max=MAX_ITEMS), metadata={"example": 1})
    quantity = StrictInteger(required=True, validate=validate.Range(min=1, max=2**31), metadata={"example": 1})


class ShopCancellation(Schema):
    """Request body: the units to cancel, by default all that are open."""

    lines = BoundedList(fields.Nested(UnitsOfLine), limit=MAX_ITEMS)
    reason = text_field(MAX_REASON_LENGTH, required=True)


class ShopPaymentCreate(Schema):
    """Request body: a fact of a payment provider, which is recorded once by its reference."""

    provider = text_field(MAX_PROVIDER_LENGTH, required=True)
    reference = text_field(MAX_FACT_LENGTH, required=True)
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in PaymentKind]))
    amount_minor = StrictInteger(required=True, validate=validate.Range(min=1, max=MAX_MINOR_UNITS), metadata=_MINOR)
    occurred_at = MomentField(metadata={"type": "string", "format": "date-time"})


class ShopRefundCreate(Schema):
    """Request body: a refund of an amount, or of units and of charges that are refunded by themselves."""

    amount_minor = StrictInteger(validate=validate.Range(min=1, max=MAX_MINOR_UNITS), metadata=_MINOR)
    lines = BoundedList(fields.Nested(UnitsOfLine), limit=MAX_ITEMS)
    charges = BoundedList(StrictInteger(validate=validate.Range(min=1, max=MAX_CHARGES)), limit=MAX_CHARGES)
    reason = text_field(MAX_REASON_LENGTH, required=True)


class ShopShipmentCreate(Schema):
    """Request body: the units of a parcel, by default all that are open."""

    lines = BoundedList(fields.Nested(UnitsOfLine), limit=MAX_ITEMS)
    carrier = text_field(MAX_CARRIER_LENGTH)
    tracking_number = text_field(MAX_TRACKING_LENGTH)


class ShopShipmentEventCreate(Schema):
    """Request body: an event of a carrier, which is recorded once by its id."""

    event_id = text_field(MAX_EVENT_ID_LENGTH, required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in ShipmentState]))
    occurred_at = MomentField(required=True, metadata={"type": "string", "format": "date-time"})
    text = text_field(MAX_EVENT_TEXT_LENGTH)


class ShopReturnCreate(Schema):
    """Request body: the units that may come back."""

    lines = BoundedList(fields.Nested(UnitsOfLine), limit=MAX_ITEMS, required=True)
    reason = text_field(MAX_REASON_LENGTH, required=True)


class ReceivedUnits(UnitsOfLine):
    """Units of a line that came back; without ``restock`` they are written off."""

    restock = fields.Boolean(required=True, truthy={True}, falsy={False}, metadata={"example": True})


class ShopReceipt(Schema):
    """Request body: the units that came back, each line at most once restocked and once written off."""

    lines = BoundedList(fields.Nested(ReceivedUnits), limit=2 * MAX_ITEMS, required=True)


class ShopRefusal(Schema):
    """Request body: the reason for which no further unit may come back."""

    reason = text_field(MAX_REASON_LENGTH, required=True)


class ShopHold(Schema):
    """Request body: the reason of a hold."""

    reason = text_field(MAX_REASON_LENGTH, required=True)


class ShopNote(Schema):
    """Request body: a note."""

    text = text_field(MAX_NOTE_LENGTH, required=True)
    visibility = fields.String(load_default="internal", validate=validate.OneOf(["internal", "customer"]))


class ShopTags(Schema):
    """Request body: the tags, which replace the present ones."""

    tags = BoundedList(text_field(MAX_TAG_LENGTH), limit=MAX_TAGS, least=0, required=True)


class ShopMetadata(Schema):
    """Request body: a JSON merge patch (RFC 7396) of the metadata."""

    class Meta:
        unknown = marshmallow.INCLUDE


class Nothing(Schema):
    """Request body: none, or an empty object."""

    optional_body = True
