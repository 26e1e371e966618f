"""Routes of the contract: translate the request, call the use case, translate back (clauses 000-04 to 000-17)."""

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, url_for

from orders_domain.model.order import Order
from orders_domain.model.order_filter import OrderFilter
from orders_domain.model.order_ref import parse_order_id
from orders_domain.use_cases import ChangeStatus, GetOrder, ListOrders
from orders_flask.contracts.orders import schemas
from orders_flask.contracts.orders.translate import VOCABULARY, placement, representation
from orders_flask.web.background import placements
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases
from orders_flask.web.etags import etag, if_match_versions
from orders_flask.web.idempotency import idempotency_key, placed_or_replayed
from orders_flask.web.openapi import operation
from orders_flask.web.pagination import link_to_next, read_cursor
from orders_flask.web.path_params import user_id_param
from orders_flask.web.responses import json_response

_operation = partial(operation, schemas.ProblemDetails, media_type="application/problem+json")


def blueprint() -> ContractBlueprint:
    routes = ContractBlueprint("orders", __name__, description="A user's own orders (contract `orders`).")

    @routes.post("/")
    @routes.arguments(
        schemas.OrderCreate, example={"items": [{"sku": "TEA-1", "quantity": 2, "unit_price": 37.5}], "total_price": 75}
    )
    @routes.response(201, schemas.OrderResponse)
    @routes.doc(
        **_operation(
            400,
            401,
            409,
            413,
            415,
            422,
            503,
            use_case="place_order",
            summary="Place an order",
            description="Items are any JSON objects; they are stored and returned unchanged.",
            placement=True,
        )
    )
    def place(body: dict[str, Any]) -> Any:
        currency = use_cases().default_currency
        request = replace(placement(body, actor=actor(), currency=currency), idempotency_key=idempotency_key("orders"))
        return placed_or_replayed(lambda: use_cases().place_order(request), _placed_response, lines=len(request.items))

    @routes.get("/<order_ref>", endpoint="get")
    @routes.response(200, schemas.OrderResponse)
    @routes.doc(
        **_operation(
            304,
            401,
            404,
            503,
            use_case="get_order",
            summary="Get an own order",
            description="Orders of other users are not found.",
        )
    )
    def get(order_ref: str) -> Any:
        order = use_cases().get_order(GetOrder(actor=actor(), order_id=parse_order_id(order_ref)))
        return representation(order), etag(order)

    placements.register(routes, _operation, order_path=lambda order_id: url_for(".get", order_ref=order_id))
    _add_change(routes)
    _add_list(routes)
    return routes


def _add_change(routes: ContractBlueprint) -> None:
    @routes.patch("/<order_ref>")
    @routes.arguments(schemas.OrderUpdate, example={"status": "PAID"})
    @routes.response(200, schemas.OrderResponse)
    @routes.doc(
        **_operation(
            400,
            401,
            404,
            409,
            412,
            413,
            415,
            422,
            503,
            use_case="change_status",
            summary="Change the status of an own order",
            description="The response to a status that cannot follow the current one names those that can.",
        )
    )
    def patch(body: dict[str, Any], order_ref: str) -> Any:
        order_id = parse_order_id(order_ref)
        order = _unchanged(order_id) if body["status"] is None else _changed(order_id, body["status"])
        return representation(order), etag(order)


def _add_list(routes: ContractBlueprint) -> None:
    @routes.get("/user/<subject:user_id>")
    @routes.arguments(schemas.ListQuery, location="query")
    @routes.response(200, schemas.OrderResponse(many=True))
    @routes.doc(
        **_operation(
            401,
            403,
            422,
            503,
            use_case="list_orders",
            summary="List own orders, newest first",
            description="The Link header leads to the next page.",
        )
    )
    def list_of_user(query: dict[str, Any], user_id: str) -> Any:
        order_filter = OrderFilter(
            user_id=user_id_param(user_id), limit=query["limit"], cursor=read_cursor(query["cursor"])
        )
        page = use_cases().list_orders(ListOrders(actor=actor(), order_filter=order_filter))
        return [representation(order) for order in page.orders], link_to_next(page)


def _unchanged(order_id: UUID) -> Order:
    order = use_cases().get_order(GetOrder(actor=actor(), order_id=order_id))
    order.ensure_version(if_match_versions())
    return order


def _changed(order_id: UUID, status: str) -> Order:
    return use_cases().change_status(
        ChangeStatus(actor=actor(), order_id=order_id, target=VOCABULARY.parse(status), versions=if_match_versions())
    )


def _placed_response(order: Order) -> Response:
    headers = {"Location": url_for(".get", order_ref=order.id), **etag(order)}
    return json_response(schemas.OrderResponse, representation(order), status=201, headers=headers)
