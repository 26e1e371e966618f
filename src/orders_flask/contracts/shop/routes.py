"""Routes of orders: place, list, get, and the timeline."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response

from orders_domain.model.access import SHOP
from orders_domain.model.life.axes import FulfillmentStatus, PaymentStatus
from orders_domain.model.life.open_orders import OPEN_STATUSES
from orders_domain.model.order import rebuild
from orders_domain.model.order_filter import OrderFilter, Sort
from orders_domain.model.order_ref import parse_order_ref
from orders_domain.model.origin import Origin
from orders_domain.model.status import OrderStatus
from orders_domain.model.values.money import Money
from orders_domain.use_cases import GetOrder, GetOrderHistory, ListOrders
from orders_flask.contracts.shop import query_schemas, response_schemas, schemas
from orders_flask.contracts.shop.placing import placement
from orders_flask.contracts.shop.responses import answered, documented, json_response, order_response, required_key
from orders_flask.contracts.shop.translate import VOCABULARY, representation, timeline
from orders_flask.contracts.shop.ucp import ucp_order
from orders_flask.web.background.file_transfer import IMPORT_LIMIT
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases
from orders_flask.web.fields import NoQuery
from orders_flask.web.pagination import link_to_next, read_cursor, write_cursor

EXAMPLE = {
    "lines": [{"product_id": 1, "quantity": 2}, {"title": "Gift wrapping", "quantity": 1, "unit_price_minor": 300}],
    "charges": [
        {"kind": "shipping", "amount_minor": 500, "text": "Parcel"},
        {"kind": "discount", "amount_minor": -100, "code": "WELCOME"},
    ],
    "customer": {"name": "Ann", "email": "ann@example.com"},
    "tags": ["gift"],
    "metadata": {"campaign": "spring"},
}


def blueprint() -> ContractBlueprint:
    routes = ContractBlueprint(
        "shop",
        __name__,
        limits={"start_import": IMPORT_LIMIT},
        description="Orders with lines, charges and their life (contract `shop`).",
    )

    @routes.post("/orders/")
    @routes.arguments(schemas.ShopOrderCreate, example=EXAMPLE)
    @routes.response(201, response_schemas.ShopOrder)
    @routes.doc(
        **documented(
            400, 401, 403, 409, 413, 415, 422, 503,
            changes=False,
            use_case="place_shop_order",
            summary="Place an order of products and own items",
            description="The lines of the order are the own items, then the products by their id. The total is their "
            "sum and the added charges. A reference is unique for its source.",
        )
    )  # fmt: skip
    def place(body: dict[str, Any]) -> Any:
        key, currency = required_key(), use_cases().default_currency
        request = placement(body, actor=actor(), key=key, currency=currency, now=datetime.now(UTC))
        return answered(lambda: use_cases().place_shop_order(request), status=201)

    _add_list(routes)
    _add_get(routes)
    _add_timeline(routes)
    return routes


def _add_list(routes: ContractBlueprint) -> None:
    @routes.get("/orders/")
    @routes.arguments(query_schemas.ShopQuery, location="query")
    @routes.response(200, response_schemas.ShopOrders)
    @routes.doc(
        **documented(
            400, 401, 403, 503,
            changes=False, posts=False,
            use_case="list_orders",
            summary="List orders by filters",
            description="Customers see their own orders; orders:read, orders:write and administrators see all, and "
            "may search by q.",
        )
    )  # fmt: skip
    def list_orders(query: dict[str, Any]) -> Any:
        request = ListOrders(actor=actor(), order_filter=_filter(query), access=SHOP)
        page = use_cases().list_orders(request)
        after = page.next_cursor
        body = {
            "data": [representation(order, actor()) for order in page.orders],
            "next_cursor": write_cursor(after) if after else None,
        }
        response = json_response(body)
        response.headers.update(link_to_next(page))
        return response


def _filter(query: dict[str, Any]) -> OrderFilter:
    currency = query.get("currency")
    bounds = {
        name: Money(query[f"{name}_minor"], currency or use_cases().default_currency)
        for name in ("min_total", "max_total")
        if f"{name}_minor" in query
    }
    status, payment, fulfillment = (query.get(name) for name in ("status", "payment_status", "fulfillment_status"))
    since, before, updated = (query.get(name) for name in ("created_from", "created_to", "updated_since"))
    return OrderFilter(
        user_id=query.get("user_id") or (None if SHOP.grants_all(actor()) else actor().subject),
        statuses=_statuses(status, is_stuck="stuck_hours" in query),
        payment_status=PaymentStatus(payment) if payment else None,
        fulfillment_status=FulfillmentStatus(fulfillment) if fulfillment else None,
        origin=Origin(query["origin"]) if "origin" in query else None,
        is_held=query["hold"] == "true" if "hold" in query else None,
        reference=query.get("reference"),
        source=query.get("source"),
        tag=query.get("tag"),
        sku=query.get("sku"),
        search=query.get("q"),
        placed_from=since.start if since else None,
        placed_before=before.end if before else None,
        updated_since=updated.start if updated else None,
        updated_before=datetime.now(UTC) - timedelta(hours=query["stuck_hours"]) if "stuck_hours" in query else None,
        currency=currency,
        sort=Sort(query["sort"]),
        limit=query["limit"],
        cursor=read_cursor(query["cursor"]),
        min_total=bounds.get("min_total"),
        max_total=bounds.get("max_total"),
    )


def _statuses(word: str | None, *, is_stuck: bool) -> frozenset[OrderStatus] | None:
    """Return the statuses to list; stuck orders are those of which units are open."""
    chosen = VOCABULARY.parse(word).equivalent if word else None
    if not is_stuck:
        return chosen
    return frozenset(OPEN_STATUSES) & (frozenset(OrderStatus) if chosen is None else chosen)


def _add_get(routes: ContractBlueprint) -> None:
    @routes.get("/orders/<order_ref>", endpoint="get")
    @routes.arguments(query_schemas.GetQuery, location="query")
    @routes.response(200, response_schemas.ShopOrder)
    @routes.doc(
        **documented(
            304, 400, 401, 404, 503,
            changes=False, posts=False,
            use_case="get_order",
            summary="Get an order by its id or number",
            description="Orders of other users are not found without orders:read or orders:write.",
        )
    )  # fmt: skip
    def get(query: dict[str, Any], order_ref: str) -> Any:
        order = use_cases().get_order(
            GetOrder(actor=actor(), order_id=parse_order_ref(order_ref), access=SHOP, with_contact=True)
        )
        if query.get("view") == "ucp":
            history = use_cases().get_order_history(GetOrderHistory(actor=actor(), order_id=order.id, access=SHOP))
            return json_response(ucp_order(order, history))
        return order_response(order)


def _add_timeline(routes: ContractBlueprint) -> None:
    @routes.get("/orders/<order_ref>/timeline")
    @routes.arguments(NoQuery, location="query")
    @routes.response(200, response_schemas.ShopTimeline)
    @routes.doc(
        **documented(
            400, 401, 404, 503,
            changes=False, posts=False,
            use_case="get_order_history",
            summary="Get the changes of an order",
            description="Oldest first. Internal notes are shown to readers, operators and administrators only.",
        )
    )  # fmt: skip
    def get_timeline(_: dict[str, Any], order_ref: str) -> Response:
        request = GetOrderHistory(actor=actor(), order_id=parse_order_ref(order_ref), access=SHOP)
        entries = use_cases().get_order_history(request)
        return json_response({"data": timeline(entries, rebuild(entries), actor())})
