"""Schemas of order templates."""

from marshmallow import fields, validate

from orders_domain.model.product import MAX_NAME_LENGTH
from orders_flask.contracts.management.schemas import OrderItemCreate, RequestedItems, ShippingAddress
from orders_flask.web.fields import NOT_BLANK, Timestamp, TrimmedString, not_blank


class TemplateCreate(RequestedItems):
    """Request body: name, products and shipping address of a template."""

    name = TrimmedString(
        required=True,
        validate=[validate.Length(max=MAX_NAME_LENGTH), not_blank],
        metadata={"minLength": 1, "maxLength": MAX_NAME_LENGTH, "pattern": NOT_BLANK},
    )


class TemplateResponse(ShippingAddress):  # type: ignore[misc, valid-type]  # generated from SHIPPING
    """An order template."""

    template_id = fields.Integer(required=True)
    name = fields.String(required=True)
    order_items = fields.List(fields.Nested(OrderItemCreate), required=True)
    created_at = Timestamp(required=True, metadata={"type": "string", "format": "date-time"})
