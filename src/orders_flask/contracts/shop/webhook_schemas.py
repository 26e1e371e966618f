"""Schemas of webhooks: endpoints, deliveries and their attempts."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from orders_domain.model.webhooks.delivery import DeliveryState
from orders_domain.model.webhooks.endpoint import DEFAULT_OVERLAP, MAX_OVERLAP, WEBHOOK_TYPES
from orders_domain.model.webhooks.target import MAX_URL_LENGTH
from orders_flask.contracts.shop.query_schemas import page_limit
from orders_flask.web.fields import NO_NUL, BoundedList, QueryInteger, SafeString, StrictInteger


class WebhookCreate(Schema):
    """Request body: the URL that gets events, and which."""

    url = SafeString(
        required=True,
        validate=validate.Length(min=1, max=MAX_URL_LENGTH),
        metadata={"pattern": NO_NUL, "description": "https:// and a public host; see Receive webhooks."},
    )
    types = BoundedList(
        fields.String(validate=validate.OneOf(WEBHOOK_TYPES)),
        limit=len(WEBHOOK_TYPES),
        metadata={"description": "Only events of these types; all without it."},
    )
    ordered = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=False,
        metadata={"description": "Whether an event waits for earlier ones of its order."},
    )


class SecretRotation(Schema):
    """Request body: how long the former secret signs, too."""

    overlap_seconds = StrictInteger(
        load_default=int(DEFAULT_OVERLAP.total_seconds()),
        validate=validate.Range(min=0, max=int(MAX_OVERLAP.total_seconds())),
        metadata={"example": 3_600},
    )


class DeliveriesQuery(Schema):
    """Query of the log."""

    state = fields.String(
        validate=validate.OneOf([state.value for state in DeliveryState]),
        metadata={"description": "Only deliveries in this state."},
    )
    limit = page_limit()
    cursor = QueryInteger(
        load_default=None,
        validate=validate.Range(min=1),
        metadata={"description": "From `next_cursor` of the previous page."},
    )


def _moment(**arguments: Any) -> fields.Raw:
    return fields.Raw(metadata={"type": "string", "format": "date-time"}, **arguments)


class WebhookShown(Schema):
    """An endpoint. The secret is shown when it is new, and never again."""

    id = fields.UUID(required=True)
    url = fields.String(required=True)
    types = fields.List(fields.String(), required=True, allow_none=True)
    ordered = fields.Boolean(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["enabled", "disabled"]))
    disabled_reason = fields.String(
        required=True, allow_none=True, validate=validate.OneOf(["requested", "gone", "failing", None])
    )
    created_at = _moment(required=True)
    failing_since = fields.Raw(required=True, metadata={"type": ["string", "null"], "format": "date-time"})
    secret = fields.String()


class WebhooksShown(Schema):
    """All endpoints, oldest first."""

    data = fields.List(fields.Nested(WebhookShown), required=True)


class AttemptShown(Schema):
    """An attempt: the status of the answer, or why there was none."""

    at = _moment(required=True)
    status = fields.Integer(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)
    milliseconds = fields.Integer(required=True)


class DeliveryShown(Schema):
    """A delivery and its latest attempts."""

    id = fields.Integer(required=True)
    message_id = fields.UUID(required=True)
    type = fields.String(required=True)
    order_id = fields.UUID(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in DeliveryState]))
    created_at = _moment(required=True)
    due_at = _moment(required=True)
    attempts = fields.List(fields.Nested(AttemptShown), required=True)


class DeliveriesShown(Schema):
    """A page of deliveries, newest first."""

    data = fields.List(fields.Nested(DeliveryShown), required=True)
    next_cursor = fields.Integer(required=True, allow_none=True)
