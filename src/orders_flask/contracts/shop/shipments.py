"""Routes of shipments and the events of carriers."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import Response

from orders_domain.model.life.shipments import ShipmentState
from orders_domain.model.life.shipping import ShipmentNotFound
from orders_domain.use_cases import RecordShipmentEvent, ShipUnits
from orders_flask.contracts.shop import response_schemas, schemas
from orders_flask.contracts.shop.actions import common, units
from orders_flask.contracts.shop.responses import answered, documented, required_key, required_versions
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases

_STATUSES = (400, 401, 403, 404, 409, 413, 415, 422, 503)
_PARCEL = {"carrier": "DHL", "tracking_number": "JD0002", "lines": [{"number": 1, "quantity": 1}]}
_EVENT = {"event_id": "DHL-17", "state": "in_transit", "occurred_at": "2025-11-20T09:00:00Z"}


def register(routes: ContractBlueprint) -> None:
    @routes.post("/orders/<order_ref>/shipments")
    @routes.arguments(schemas.ShopShipmentCreate, example=_PARCEL)
    @routes.response(201, response_schemas.ShopOrder)
    @routes.doc(
        **documented(
            *_STATUSES,
            use_case="ship_units",
            summary="Ship open units in a parcel",
            description="Without lines, every open unit is shipped. The order is shipped as soon as none is open.",
        )
    )
    def ship(body: dict[str, Any], order_ref: str) -> Response:
        request = ShipUnits(**common(order_ref), **{**body, "lines": units(body.get("lines"))})
        return answered(lambda: use_cases().ship_units(request), status=201)

    @routes.post("/shipments/<shipment_id>/events")
    @routes.arguments(schemas.ShopShipmentEventCreate, example=_EVENT)
    @routes.response(200, response_schemas.ShopOrder)
    @routes.doc(
        **documented(
            *_STATUSES,
            use_case="record_shipment_event",
            summary="Record an event of a carrier",
            description="It is recorded once by its id; a late one moves nothing backwards. The order is delivered as "
            "soon as every shipment is. A program that does not know the version sends `If-Match: *`.",
            not_found="The shipment does not exist.",
        )
    )
    def record_event(body: dict[str, Any], shipment_id: str) -> Response:
        request = RecordShipmentEvent(
            actor=actor(),
            shipment_id=_id(shipment_id),
            idempotency_key=required_key(),
            versions=required_versions(),
            **{**body, "state": ShipmentState(body["state"])},
        )
        return answered(lambda: use_cases().record_shipment_event(request))


def _id(text: str) -> UUID:
    with suppress(ValueError):
        return UUID(text)
    raise ShipmentNotFound
