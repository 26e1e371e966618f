"""Routes of shipments and the events of carriers."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import Response, current_app, url_for

from orders_domain.model.life.shipments import ShipmentState
from orders_domain.model.life.shipping import ShipmentNotFound
from orders_domain.model.order import Order
from orders_domain.use_cases import RecordShipmentEvent, ShipUnits
from orders_flask.contracts.shop import response_schemas, schemas
from orders_flask.contracts.shop.actions import common, units
from orders_flask.contracts.shop.responses import answered, documented, required_key, required_versions
from orders_flask.web.background.preferences import APPLIED, HEADER, RETURN_MINIMAL, prefers_minimal
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases
from orders_flask.web.etags import etag

_STATUSES = (400, 401, 403, 404, 409, 413, 415, 422, 503)
_PARCEL = {"carrier": "DHL", "tracking_number": "JD0002", "lines": [{"number": 1, "quantity": 1}]}
_MINIMAL = {
    "in": "header",
    "name": HEADER,
    "description": f"`{RETURN_MINIMAL}`: the response is 204 with the ETag of the order. The request takes the same "
    "time however many shipments the order has; the body of 412 has no order.",
    "schema": {"type": "string"},
}
_NO_CONTENT = f"`{HEADER}: {RETURN_MINIMAL}`: the order changed."
_EVENT = {"event_id": "DHL-17", "state": "in_transit", "occurred_at": "2025-11-20T09:00:00Z"}


def register(routes: ContractBlueprint) -> None:
    @routes.post("/orders/<order_ref>/shipments")
    @routes.arguments(schemas.ShopShipmentCreate, example=_PARCEL)
    @routes.response(201, response_schemas.ShopOrder)
    @routes.alt_response(204, description=f"{_NO_CONTENT} Location is the address for the events of the shipment.")
    @routes.doc(
        **_documented(
            use_case="ship_units",
            summary="Ship open units in a parcel",
            description="Without lines, every open unit is shipped. The order is shipped as soon as none is open.",
        )
    )
    def ship(body: dict[str, Any], order_ref: str) -> Response:
        minimal = prefers_minimal()
        changed = {**body, "lines": units(body.get("lines"))}
        request = ShipUnits(**common(order_ref), **changed, with_shipments=not minimal)
        return answered(lambda: use_cases().ship_units(request), status=201, render=_no_content if minimal else None)

    @routes.post("/shipments/<shipment_id>/events")
    @routes.arguments(schemas.ShopShipmentEventCreate, example=_EVENT)
    @routes.response(200, response_schemas.ShopOrder)
    @routes.alt_response(204, description=_NO_CONTENT)
    @routes.doc(
        **_documented(
            use_case="record_shipment_event",
            summary="Record an event of a carrier",
            description="It is recorded once by its id; a late one moves nothing backwards. The order is delivered as "
            "soon as every shipment is. A program that does not know the version sends `If-Match: *`.",
            not_found="The shipment does not exist.",
        )
    )
    def record_event(body: dict[str, Any], shipment_id: str) -> Response:
        minimal = prefers_minimal()
        request = RecordShipmentEvent(
            actor=actor(),
            shipment_id=_id(shipment_id),
            idempotency_key=required_key(),
            versions=required_versions(),
            with_shipments=not minimal,
            **{**body, "state": ShipmentState(body["state"])},
        )
        return answered(lambda: use_cases().record_shipment_event(request), render=_no_content if minimal else None)


def _documented(**texts: Any) -> dict[str, Any]:
    operation = documented(*_STATUSES, **texts)
    return {**operation, "parameters": [*operation["parameters"], _MINIMAL]}


def _no_content(order: Order, *, status: int) -> Response:
    response = current_app.response_class(status=204)
    response.headers.update({**etag(order), APPLIED: RETURN_MINIMAL})
    if status == 201:
        response.headers["Location"] = url_for(".record_event", shipment_id=order.life.shipments[-1].id)
    return response


def _id(text: str) -> UUID:
    with suppress(ValueError):
        return UUID(text)
    raise ShipmentNotFound
