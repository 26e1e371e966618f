"""Routes of orders: translate the request, call the use case, translate back."""

from dataclasses import replace
from functools import partial
from typing import Any

from flask import Response, url_for

from orders_domain.model.access import OWNER_OR_ADMIN_HIDDEN
from orders_domain.model.order import Order
from orders_domain.model.order_ref import parse_order_ref
from orders_domain.use_cases import GetOrder
from orders_flask.contracts.ostore import schemas
from orders_flask.contracts.ostore.translate import placed_representation, placement, representation
from orders_flask.web.background import placements
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases
from orders_flask.web.etags import etag
from orders_flask.web.idempotency import idempotency_key, placed_or_replayed
from orders_flask.web.openapi import operation
from orders_flask.web.responses import json_response

_documented = partial(operation, schemas.OStoreError)


def blueprint() -> ContractBlueprint:
    routes = ContractBlueprint("ostore", __name__, description="Shipped orders (contract `ostore`).")

    @routes.post("/")
    @routes.arguments(
        schemas.OStoreOrderCreate, example={"userID": "ann", "orderItems": [{"productID": 1, "quantity": 2}]}
    )
    @routes.response(201, schemas.OStoreOrderPlaced)
    @routes.doc(
        **_documented(
            400,
            401,
            403,
            409,
            413,
            415,
            422,
            503,
            use_case="place_shipped_order",
            summary="Place an order to ship",
            description="The products are reserved and a shipment is created, or nothing is.",
            placement=True,
        )
    )
    def place(body: dict[str, Any]) -> Any:
        request = replace(placement(body, actor=actor()), idempotency_key=idempotency_key("ostore"))
        return placed_or_replayed(
            lambda: use_cases().place_shipped_order(request), _placed_response, lines=len(request.requested_items)
        )

    @routes.get("/<ref>", endpoint="get")
    @routes.response(200, schemas.OStoreOrderResponse)
    @routes.doc(
        **_documented(
            304,
            401,
            404,
            503,
            use_case="get_order",
            summary="Get an order",
            description="Users see their own orders; orders of other users are not found.",
        )
    )
    def get(ref: str) -> Any:
        order = use_cases().get_order(
            GetOrder(actor=actor(), order_id=parse_order_ref(ref), access=OWNER_OR_ADMIN_HIDDEN)
        )
        return representation(order), etag(order)

    placements.register(routes, _documented, order_path=lambda order_id: url_for(".get", ref=order_id))
    return routes


def _placed_response(order: Order) -> Response:
    headers = {"Location": url_for(".get", ref=order.number), **etag(order)}
    return json_response(schemas.OStoreOrderPlaced, placed_representation(order), status=201, headers=headers)
