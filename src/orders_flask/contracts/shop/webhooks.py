"""Routes of webhooks: endpoints that get events, and the log of their deliveries."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response, url_for

from orders_domain.model.webhooks.delivery import DeliveryNotFound, DeliveryState, WebhookDelivery
from orders_domain.model.webhooks.endpoint import WebhookEndpoint, WebhookNotFound
from orders_domain.use_cases import webhooks
from orders_flask.contracts.shop.responses import documented, json_response
from orders_flask.contracts.shop.translate import moment
from orders_flask.contracts.shop.webhook_schemas import (
    DeliveriesQuery,
    DeliveriesShown,
    DeliveryShown,
    SecretRotation,
    WebhookCreate,
    WebhookShown,
    WebhooksShown,
)
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases
from orders_flask.web.fields import NoQuery
from orders_flask.web.pagination import link_to

_EXAMPLE = {"url": "https://hooks.example.com/orders", "types": ["orders.order_placed.v1"], "ordered": True}
_NOT_FOUND = "The endpoint does not exist."
_NEEDS = "Needs the administrator role."


def register(routes: ContractBlueprint) -> None:
    _add_create(routes)
    _add_reads(routes)
    _add_changes(routes)
    _add_rotation(routes)
    _add_deliveries(routes)


def _add_create(routes: ContractBlueprint) -> None:
    @routes.post("/webhooks/")
    @routes.arguments(WebhookCreate, example=_EXAMPLE)
    @routes.response(201, WebhookShown)
    @routes.doc(
        **documented(
            400, 401, 403, 409, 413, 415, 422, 503,
            changes=False, posts=False,
            use_case="add_webhook",
            summary="Add a webhook endpoint",
            description="It gets the events that are committed from now on. The secret is not shown again. A URL has "
            f"one endpoint, so that a repeated request gets 409. {_NEEDS}",
        )
    )  # fmt: skip
    def add_webhook(body: dict[str, Any]) -> Response:
        endpoint = use_cases().add_webhook(webhooks.AddWebhook(actor=actor(), **body))
        response = _shown(endpoint, status=201, with_secret=True)
        response.headers["Location"] = url_for(".get_webhook", webhook_id=endpoint.id)
        return response


def _add_reads(routes: ContractBlueprint) -> None:
    @routes.get("/webhooks/")
    @routes.arguments(NoQuery, location="query")
    @routes.response(200, WebhooksShown)
    @routes.doc(
        **documented(
            400, 401, 403, 503,
            changes=False, posts=False,
            use_case="list_webhooks",
            summary="List the webhook endpoints",
            description=f"Oldest first. {_NEEDS}",
        )
    )  # fmt: skip
    def list_webhooks(_: dict[str, Any]) -> Response:
        present = use_cases().list_webhooks(webhooks.ListWebhooks(actor=actor()))
        return json_response({"data": [_representation(endpoint) for endpoint in present]})

    @routes.get("/webhooks/<webhook_id>")
    @routes.response(200, WebhookShown)
    @routes.doc(
        **documented(
            401, 403, 404, 503,
            changes=False, posts=False,
            use_case="get_webhook",
            summary="Get a webhook endpoint",
            description=_NEEDS,
            not_found=_NOT_FOUND,
        )
    )  # fmt: skip
    def get_webhook(webhook_id: str) -> Response:
        return _shown(use_cases().get_webhook(webhooks.GetWebhook(actor=actor(), webhook_id=_id(webhook_id))))


def _add_changes(routes: ContractBlueprint) -> None:
    @routes.delete("/webhooks/<webhook_id>")
    @routes.response(204, description="The endpoint does not exist any more.")
    @routes.doc(
        **documented(
            401, 403, 404, 503,
            changes=False, posts=False,
            use_case="remove_webhook",
            summary="Remove a webhook endpoint",
            description=f"With the log of its deliveries. {_NEEDS}",
            not_found=_NOT_FOUND,
        )
    )  # fmt: skip
    def remove_webhook(webhook_id: str) -> Any:
        use_cases().remove_webhook(webhooks.RemoveWebhook(actor=actor(), webhook_id=_id(webhook_id)))
        return None

    @routes.post("/webhooks/<webhook_id>/enable")
    @routes.response(200, WebhookShown)
    @routes.doc(
        **documented(
            401, 403, 404, 503,
            changes=False, posts=False,
            use_case="enable_webhook",
            summary="Enable a webhook endpoint",
            description="Deliveries that waited go on. Events from while it was disabled are in the event feed only. "
            f"{_NEEDS}",
            not_found=_NOT_FOUND,
        )
    )  # fmt: skip
    def enable_webhook(webhook_id: str) -> Response:
        return _shown(use_cases().enable_webhook(webhooks.EnableWebhook(actor=actor(), webhook_id=_id(webhook_id))))

    @routes.post("/webhooks/<webhook_id>/disable")
    @routes.response(200, WebhookShown)
    @routes.doc(
        **documented(
            401, 403, 404, 503,
            changes=False, posts=False,
            use_case="disable_webhook",
            summary="Disable a webhook endpoint",
            description=f"Nothing is delivered until it is enabled. {_NEEDS}",
            not_found=_NOT_FOUND,
        )
    )  # fmt: skip
    def disable_webhook(webhook_id: str) -> Response:
        return _shown(use_cases().disable_webhook(webhooks.DisableWebhook(actor=actor(), webhook_id=_id(webhook_id))))


def _add_rotation(routes: ContractBlueprint) -> None:
    @routes.post("/webhooks/<webhook_id>/rotate-secret")
    @routes.arguments(SecretRotation, example={"overlap_seconds": 3_600})
    @routes.response(200, WebhookShown)
    @routes.doc(
        **documented(
            400, 401, 403, 404, 413, 415, 422, 503,
            changes=False, posts=False,
            use_case="rotate_webhook_secret",
            summary="Give a webhook endpoint a new secret",
            description="During the overlap deliveries have a signature of each secret. The new one is not shown "
            f"again. {_NEEDS}",
            not_found=_NOT_FOUND,
        )
    )  # fmt: skip
    def rotate_webhook_secret(body: dict[str, Any], webhook_id: str) -> Response:
        overlap = timedelta(seconds=body["overlap_seconds"])
        request = webhooks.RotateWebhookSecret(actor=actor(), webhook_id=_id(webhook_id), overlap=overlap)
        return _shown(use_cases().rotate_webhook_secret(request), with_secret=True)

    @routes.post("/webhooks/<webhook_id>/test")
    @routes.response(202, DeliveryShown)
    @routes.doc(
        **documented(
            401, 403, 404, 409, 503,
            changes=False, posts=False,
            use_case="send_test_webhook",
            summary="Deliver a test event",
            description=f"The answer is the delivery, whose attempts are in the log. {_NEEDS}",
            not_found=_NOT_FOUND,
        )
    )  # fmt: skip
    def send_test_webhook(webhook_id: str) -> Response:
        request = webhooks.SendTestWebhook(actor=actor(), webhook_id=_id(webhook_id))
        return json_response(_delivery(use_cases().send_test_webhook(request).delivery), status=202)


def _add_deliveries(routes: ContractBlueprint) -> None:
    @routes.get("/webhooks/<webhook_id>/deliveries")
    @routes.arguments(DeliveriesQuery, location="query")
    @routes.response(200, DeliveriesShown)
    @routes.doc(
        **documented(
            400, 401, 403, 404, 503,
            changes=False, posts=False,
            use_case="list_webhook_deliveries",
            summary="List the deliveries of a webhook endpoint",
            description=f"Newest first, of the last 30 days. {_NEEDS}",
            not_found=_NOT_FOUND,
        )
    )  # fmt: skip
    def list_webhook_deliveries(query: dict[str, Any], webhook_id: str) -> Response:
        request = webhooks.ListWebhookDeliveries(
            actor=actor(),
            webhook_id=_id(webhook_id),
            state=DeliveryState(query["state"]) if "state" in query else None,
            limit=query["limit"],
            before=query["cursor"],
        )
        page = use_cases().list_webhook_deliveries(request)
        body = {"data": [_delivery(each) for each in page.deliveries], "next_cursor": page.next_before}
        response = json_response(body)
        if page.next_before:
            response.headers.update(link_to(str(page.next_before)))
        return response

    @routes.post("/webhooks/<webhook_id>/deliveries/<delivery_id>/redeliver")
    @routes.response(204, description="The delivery is queued again, or was waiting.")
    @routes.doc(
        **documented(
            401, 403, 404, 409, 503,
            changes=False, posts=False,
            use_case="redeliver_webhook",
            summary="Deliver again",
            description=f"With the same id and bytes. {_NEEDS}",
            not_found="The endpoint or the delivery does not exist.",
        )
    )  # fmt: skip
    def redeliver_webhook(webhook_id: str, delivery_id: str) -> Any:
        if not (delivery_id.isascii() and delivery_id.isdigit() and len(delivery_id) <= 19):
            raise DeliveryNotFound
        ids = [int(delivery_id)]
        request = webhooks.RedeliverWebhook(actor=actor(), webhook_id=_id(webhook_id), delivery_ids=ids)
        use_cases().redeliver_webhook(request)
        return None


def _shown(endpoint: WebhookEndpoint, *, status: int = 200, with_secret: bool = False) -> Response:
    secret = {"secret": endpoint.secrets.current} if with_secret else {}
    response = json_response(_representation(endpoint) | secret, status=status)
    if with_secret:
        response.headers["Cache-Control"] = "no-store"
    return response


def _representation(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": str(endpoint.id),
        "url": endpoint.url,
        "types": None if endpoint.types is None else list(endpoint.types),
        "ordered": endpoint.ordered,
        "state": endpoint.state.value,
        "disabled_reason": endpoint.disabled_reason.value if endpoint.disabled_reason else None,
        "created_at": moment(endpoint.created_at),
        "failing_since": moment(endpoint.failing_since) if endpoint.failing_since else None,
    }


def _delivery(delivery: WebhookDelivery) -> dict[str, Any]:
    message = delivery.message
    return {
        "id": delivery.id,
        "message_id": str(message.id),
        "type": message.type,
        "order_id": None if message.order_id is None else str(message.order_id),
        "state": delivery.state.value,
        "created_at": moment(delivery.created_at),
        "due_at": moment(delivery.due_at),
        "attempts": [
            {"at": moment(each.at), "status": each.status, "error": each.error, "milliseconds": each.milliseconds}
            for each in delivery.attempts
        ],
    }


def _id(webhook_id: str) -> UUID:
    with suppress(ValueError):
        return UUID(webhook_id)
    raise WebhookNotFound
