"""Routes of orders: translate the request, call the use case, translate back."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Response, url_for

from orders_domain.model.access import ADMIN_ONLY, ADMIN_OR_READER, OWNER_ONLY, OWNER_OR_ADMIN
from orders_domain.model.order import Order
from orders_domain.model.order_filter import OrderFilter, Page
from orders_domain.model.order_ref import parse_order_ref
from orders_domain.use_cases import (
    ChangeStatus,
    DeleteOrder,
    GetOrder,
    ListOrders,
)
from orders_flask.contracts.management import schemas
from orders_flask.contracts.management.translate import (
    VOCABULARY,
    order_filter_from,
    placement,
    representation,
)
from orders_flask.web.authentication import requires
from orders_flask.web.background import placements
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases
from orders_flask.web.etags import etag, if_match_versions
from orders_flask.web.idempotency import idempotency_key, placed_or_replayed
from orders_flask.web.openapi import operation
from orders_flask.web.pagination import ensure_not_cut, link_to_next, read_cursor
from orders_flask.web.responses import json_response

_document = partial(operation, schemas.ManagementError)
_WITH_BODY = (400, 401, 413, 415, 503)


def blueprint() -> ContractBlueprint:
    routes = ContractBlueprint("management", __name__, description="Orders of products (contract `management`).")
    _add_placement(routes)
    _add_lists(routes)
    _add_single_order(routes)
    placements.register(routes, _document, order_path=lambda order_id: url_for(".get", ref=order_id))
    return routes


def _add_placement(routes: ContractBlueprint) -> None:
    @routes.post("/")
    @routes.arguments(schemas.ManagedOrderCreate, example=schemas.ORDER_EXAMPLE)
    @routes.response(200, schemas.ManagedOrderResponse)
    @routes.doc(
        **_document(
            *_WITH_BODY,
            409,
            422,
            use_case="place_catalog_order",
            summary="Place an order of products; deducts their stock",
            description="Prices are those of the catalogue; a shortage of any product fails the whole order.",
            placement=True,
        )
    )
    def place(body: dict[str, Any]) -> Any:
        request = replace(placement(body, actor=actor()), idempotency_key=idempotency_key("management"))
        return placed_or_replayed(
            lambda: use_cases().place_catalog_order(request), placed_response, lines=len(request.requested_items)
        )


def _add_lists(routes: ContractBlueprint) -> None:
    @routes.get("/my-orders")
    @routes.arguments(schemas.OwnOrdersQuery, location="query")
    @routes.response(200, schemas.ManagedOrderResponse(many=True))
    @routes.doc(
        **_document(
            400,
            401,
            503,
            use_case="list_own_orders",
            summary="List own orders, newest first",
            description="Orders of every contract that the user placed; the Link header leads to the next page.",
        )
    )
    def my_orders(query: dict[str, Any]) -> Any:
        order_filter = OrderFilter(
            user_id=actor().subject,
            offset=query["skip"],
            limit=query["limit"],
            cursor=read_cursor(query.get("cursor")),
        )
        return _list(use_cases().list_orders(ListOrders(actor=actor(), order_filter=order_filter)))

    @routes.get("/")
    @requires(ADMIN_OR_READER)
    @routes.arguments(schemas.SearchQuery, location="query")
    @routes.response(200, schemas.ManagedOrderResponse(many=True))
    @routes.doc(
        **_document(
            400,
            401,
            403,
            503,
            use_case="list_orders",
            summary="List all orders, newest first (administrators, orders:read)",
            description="Filters are combined; the Link header leads to the next page.",
        )
    )
    def search(query: dict[str, Any]) -> Any:
        order_filter = order_filter_from(query, currency=use_cases().default_currency)
        return _list(
            use_cases().list_orders(ListOrders(actor=actor(), order_filter=order_filter, access=ADMIN_OR_READER))
        )


def _list(page: Page) -> tuple[list[Mapping[str, Any]], dict[str, str]]:
    ensure_not_cut(page)
    return [representation(order) for order in page.orders], link_to_next(page, without="skip")


def _add_single_order(routes: ContractBlueprint) -> None:
    @routes.get("/<ref:ref>")
    @routes.response(200, schemas.ManagedOrderResponse)
    @routes.doc(
        **_document(
            304,
            401,
            403,
            404,
            503,
            use_case="get_order",
            summary="Get an order",
            description="By its number or its id; users see their own orders only.",
        )
    )
    def get(ref: str) -> Any:
        return _response(
            use_cases().get_order(GetOrder(actor=actor(), order_id=parse_order_ref(ref), access=OWNER_OR_ADMIN))
        )

    @routes.delete("/<ref:ref>")
    @routes.response(200, schemas.Confirmation)
    @routes.doc(
        **_document(
            400,
            401,
            403,
            404,
            412,
            503,
            use_case="delete_order",
            summary="Delete a pending order; restores its stock",
            description="Only the user who placed the order can delete it; its history remains.",
        )
    )
    def delete(ref: str) -> Any:
        use_cases().delete_order(
            DeleteOrder(actor=actor(), order_id=parse_order_ref(ref), access=OWNER_ONLY, versions=if_match_versions())
        )
        return {"message": "Order deleted"}

    _add_status(routes)


def _add_status(routes: ContractBlueprint) -> None:
    @routes.put("/<ref:ref>/status")
    @requires(ADMIN_ONLY)
    @routes.arguments(schemas.StatusUpdate, example={"status": "shipped"})
    @routes.response(200, schemas.ManagedOrderResponse)
    @routes.doc(
        **_document(
            *_WITH_BODY,
            403,
            404,
            412,
            use_case="change_status",
            summary="Change the status of an order (administrators)",
            description="The response to a status that cannot follow the current one names those that can. A "
            "cancellation may have a reason, which the history shows.",
        )
    )
    def put_status(body: dict[str, Any], ref: str) -> Any:
        return _response(
            use_cases().change_status(
                ChangeStatus(
                    actor=actor(),
                    order_id=parse_order_ref(ref),
                    target=VOCABULARY.parse(body["status"]),
                    reason=body["reason"],
                    access=ADMIN_ONLY,
                    versions=if_match_versions(),
                )
            )
        )


def placed_response(order: Order) -> Response:
    return json_response(schemas.ManagedOrderResponse, representation(order), status=200, headers=etag(order))


def _response(order: Order) -> tuple[Any, dict[str, str]]:
    return representation(order), etag(order)
