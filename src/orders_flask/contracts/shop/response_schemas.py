"""Schemas of the contract's responses, for its documentation; ``translate`` builds the bodies."""

from typing import Any

from marshmallow import Schema, fields, validate

from orders_domain.model.access import ACTIONS
from orders_domain.model.life.axes import FulfillmentStatus, PaymentStatus
from orders_domain.model.life.charges import ChargeKind
from orders_domain.model.life.payments import PaymentKind, RefundState
from orders_domain.model.life.returns import ReturnState
from orders_domain.model.life.shipments import ShipmentState
from orders_domain.model.origin import Origin
from orders_flask.contracts.shop.translate import VOCABULARY
from orders_flask.web.fields import status

_MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}
_OPTIONAL: dict[str, Any] = {"required": True, "allow_none": True}


def _moment(*, optional: bool = False) -> fields.Raw:
    return fields.Raw(required=True, allow_none=optional, metadata=_MOMENT)  # which adds null to the type


def _one_of(values: Any) -> fields.String:
    return fields.String(required=True, validate=validate.OneOf([member.value for member in values]))


class ShopHoldShown(Schema):
    """A hold."""

    reason = fields.String(required=True)
    by = fields.String(required=True)
    at = _moment()


class ShopLine(Schema):
    """A line, with the counters of its units."""

    number = fields.Integer(required=True)
    product_id = fields.Integer(**_OPTIONAL)
    sku = fields.String(**_OPTIONAL)
    title = fields.String(required=True)
    quantity = fields.Integer(required=True)
    unit_price_minor = fields.Integer(**_OPTIONAL)
    subtotal_minor = fields.Integer(**_OPTIONAL)
    shipped = fields.Integer(required=True)
    cancelled = fields.Integer(required=True)
    returned = fields.Integer(required=True)
    content = fields.Raw(metadata={"type": "object", "additionalProperties": True})


class ShopCharge(Schema):
    """A charge."""

    number = fields.Integer(required=True)
    kind = _one_of(ChargeKind)
    code = fields.String(required=True)
    text = fields.String(required=True)
    amount_minor = fields.Integer(required=True)
    line = fields.Integer(**_OPTIONAL)
    included = fields.Boolean(required=True)


class ShopTotals(Schema):
    """Totals, in minor units: ``due_minor`` is the total without what was cancelled.

    ``balance_minor`` is due and not captured, or refunded; negative if more is captured than due.
    """

    lines_minor = fields.Integer(required=True)
    charges_minor = fields.Integer(required=True)
    total_minor = fields.Integer(required=True)
    cancelled_minor = fields.Integer(required=True)
    due_minor = fields.Integer(required=True)
    authorized_minor = fields.Integer(required=True)
    captured_minor = fields.Integer(required=True)
    refunded_minor = fields.Integer(required=True)
    balance_minor = fields.Integer(required=True)


class ShopCustomer(Schema):
    """The customer; everything is null that is unknown."""

    user_id = fields.String(**_OPTIONAL)
    name = fields.String(**_OPTIONAL)
    email = fields.String(**_OPTIONAL)
    phone = fields.String(**_OPTIONAL)
    language = fields.String(**_OPTIONAL)


class ShopAddress(Schema):
    """An address."""

    line1 = fields.String(required=True)
    line2 = fields.String(**_OPTIONAL)
    city = fields.String(required=True)
    state = fields.String(required=True)
    postal_code = fields.String(required=True)
    country = fields.String(required=True)


class ShopPayment(Schema):
    """A fact of a payment provider."""

    id = fields.String(required=True)
    provider = fields.String(required=True)
    reference = fields.String(required=True)
    kind = _one_of(PaymentKind)
    amount_minor = fields.Integer(required=True)
    occurred_at = _moment()
    recorded_at = _moment()


class ShopUnits(Schema):
    """Units of a line."""

    number = fields.Integer(required=True)
    quantity = fields.Integer(required=True)


class ShopRefund(Schema):
    """A refund that was asked for."""

    id = fields.String(required=True)
    amount_minor = fields.Integer(required=True)
    lines = fields.List(fields.Nested(ShopUnits), required=True)
    charges = fields.List(fields.Integer(), required=True)
    reason = fields.String(required=True)
    state = _one_of(RefundState)
    provider_reference = fields.String(**_OPTIONAL)


class ShopShipmentEvent(Schema):
    """An event of a carrier."""

    event_id = fields.String(required=True)
    state = _one_of(ShipmentState)
    occurred_at = _moment()
    text = fields.String(**_OPTIONAL)


class ShopShipment(Schema):
    """A parcel with units of lines."""

    id = fields.String(required=True)
    number = fields.Integer(required=True)
    lines = fields.List(fields.Nested(ShopUnits), required=True)
    carrier = fields.String(**_OPTIONAL)
    tracking_number = fields.String(**_OPTIONAL)
    state = _one_of(ShipmentState)
    events = fields.List(fields.Nested(ShopShipmentEvent), required=True)


class ShopReceived(ShopUnits):
    """Units that came back: restocked, otherwise written off."""

    restocked = fields.Boolean(required=True)


class ShopReturn(Schema):
    """Units that may come back, and those that did."""

    id = fields.String(required=True)
    lines = fields.List(fields.Nested(ShopUnits), required=True)
    reason = fields.String(required=True)
    state = _one_of(ReturnState)
    received = fields.List(fields.Nested(ShopReceived), required=True)
    refusal = fields.String(**_OPTIONAL)


class ShopOrder(Schema):
    """An order."""

    id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    reference = fields.String(**_OPTIONAL)
    source = fields.String(**_OPTIONAL)
    origin = _one_of(Origin)
    status = status(VOCABULARY, required=True)
    payment_status = _one_of(PaymentStatus)
    fulfillment_status = _one_of(FulfillmentStatus)
    hold = fields.Nested(ShopHoldShown, **_OPTIONAL)
    expires_at = _moment(optional=True)
    currency = fields.String(required=True)
    lines = fields.List(fields.Nested(ShopLine), required=True)
    charges = fields.List(fields.Nested(ShopCharge), required=True)
    totals = fields.Nested(ShopTotals, required=True)
    customer = fields.Nested(ShopCustomer, required=True)
    shipping_address = fields.Nested(ShopAddress, **_OPTIONAL)
    billing_address = fields.Nested(ShopAddress, **_OPTIONAL)
    shipments = fields.List(fields.Nested(ShopShipment), required=True)
    payments = fields.List(fields.Nested(ShopPayment), required=True)
    refunds = fields.List(fields.Nested(ShopRefund), required=True)
    returns = fields.List(fields.Nested(ShopReturn), required=True)
    tags = fields.List(fields.String(), required=True)
    metadata = fields.Raw(required=True, metadata={"type": "object", "additionalProperties": True})
    cancellation_reason = fields.String(**_OPTIONAL)
    allowed_actions = fields.List(fields.String(validate=validate.OneOf(list(ACTIONS))), required=True)
    created_at = _moment()
    updated_at = _moment()
    version = fields.Integer(required=True)


class ShopOrders(Schema):
    """A page of orders."""

    data = fields.List(fields.Nested(ShopOrder), required=True)
    next_cursor = fields.String(**_OPTIONAL)


class ShopTimelineEntry(Schema):
    """A change of an order."""

    version = fields.Integer(required=True)
    at = _moment()
    actor = fields.String(required=True)
    role = fields.String(required=True)
    kind = fields.String(required=True)
    summary = fields.String(required=True)
    details = fields.Raw(required=True, metadata={"type": "object", "additionalProperties": True})


class ShopTimeline(Schema):
    """The changes of an order, oldest first."""

    data = fields.List(fields.Nested(ShopTimelineEntry), required=True)


class ShopEvent(Schema):
    """An event in the form of CloudEvents 1.0; docs/asyncapi.yaml describes its data by type."""

    specversion = fields.String(required=True, validate=validate.Equal("1.0"))
    id = fields.String(required=True)
    source = fields.String(required=True)
    type = fields.String(required=True)
    subject = fields.String(required=True)
    time = fields.String(required=True)
    datacontenttype = fields.String(required=True)
    orderversion = fields.Integer(required=True)
    traceparent = fields.String()
    data = fields.Raw(required=True, metadata={"type": "object", "additionalProperties": True})


class ShopEvents(Schema):
    """A page of the event feed."""

    data = fields.List(fields.Nested(ShopEvent), required=True)
    next_cursor = fields.String(required=True)


class ShopFlaw(Schema):
    """A part of a request that is not valid."""

    pointer = fields.String(metadata={"description": "A JSON pointer (RFC 6901) into the body."})
    parameter = fields.String(metadata={"description": "The name of a parameter of the query."})
    message = fields.String(required=True)


class ShopShortage(Schema):
    """A product with insufficient stock; ``line`` is its position in the request, null if it was named by its sku."""

    line = fields.Integer(**_OPTIONAL)
    product_id = fields.Integer(required=True)
    requested = fields.Integer(required=True)
    available = fields.Integer(required=True)


class ShopProblem(Schema):
    """Error body (RFC 9457); the members after ``errors`` depend on the code."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True, metadata={"description": "Stable, for programs."})
    errors = fields.List(fields.Nested(ShopFlaw))
    order = fields.Nested(ShopOrder, metadata={"description": "The present order, of `version_mismatch`."})
    allowed_actions = fields.List(fields.String())
    order_id = fields.UUID(metadata={"description": "The other order, of `reference_taken`."})
    shortages = fields.List(fields.Nested(ShopShortage))
    expected_total_minor = fields.Integer()
    total_minor = fields.Integer()
    left_minor = fields.Integer(metadata={"description": "The refundable amount, of `exceeds_captured`."})
