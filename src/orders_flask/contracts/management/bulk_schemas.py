"""Schemas of bulk status changes and jobs."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from orders_domain.errors import OrderNotFound
from orders_domain.model.jobs import MAX_ORDERS, JobStatus
from orders_domain.model.order_ref import OrderRef, parse_order_ref
from orders_flask.contracts.management.translate import VOCABULARY
from orders_flask.web.fields import reason, status

_MAX_NUMBER = 10**18 - 1
_REF = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": _MAX_NUMBER},
        {"type": "string", "format": "uuid"},
    ],
    "example": 1,
}


class OrderRefField(fields.Field[Any]):
    """An order number or an order id (UUID)."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> OrderRef:
        try:
            if type(value) in (int, str):
                return parse_order_ref(str(value))
        except OrderNotFound:
            pass
        raise ValidationError("Must be an order number or an order id.")

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> int | str:
        return value if isinstance(value, int) else str(value)


def _refs(**arguments: Any) -> fields.List[Any]:
    return fields.List(OrderRefField(metadata=_REF), required=True, **arguments)


class BulkStatusUpdate(Schema):
    """Request body: orders and their new status."""

    order_ids = _refs(validate=validate.Length(min=1, max=MAX_ORDERS))
    status = status(VOCABULARY, required=True)
    reason = reason()


class BulkFailure(Schema):
    """The reason why one order was not changed."""

    order_id = OrderRefField(required=True, metadata=_REF)
    error = fields.String(required=True)


class BulkOutcome(Schema):
    """The orders that were updated, by the reference that the client used, and those that failed."""

    updated = _refs()
    failed = fields.List(fields.Nested(BulkFailure), required=True)


class JobResponse(BulkOutcome):
    """The progress of a job and its results so far."""

    job_id = fields.UUID(required=True)
    status = fields.String(required=True, validate=validate.OneOf([status.value for status in JobStatus]))
    done = fields.Integer(required=True)
    total = fields.Integer(required=True)
