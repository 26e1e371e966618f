"""Routes of the contract: translate the request, call the use case, translate back (clauses 004-02 to 004-10)."""

from dataclasses import replace
from functools import partial
from typing import Any

from flask import Response, g, request, url_for

from orders_domain.model.access import OWNER_OR_WRITER, WRITERS_ONLY
from orders_domain.model.accounts.actor import Actor, Role
from orders_domain.model.order import Order
from orders_domain.model.order_ref import parse_order_id
from orders_domain.use_cases import CancelOrder, GetOrder
from orders_flask.contracts.checkout import schemas
from orders_flask.contracts.checkout.translate import placement, representation
from orders_flask.web.authentication import authenticate, requires
from orders_flask.web.background import placements
from orders_flask.web.background.preferences import PARAMETER as PREFER
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases
from orders_flask.web.etags import etag, if_match_versions
from orders_flask.web.idempotency import REPLAY_HEADER, REQUIRED, placed_or_replayed, required_idempotency_key
from orders_flask.web.openapi import operation
from orders_flask.web.rate_limiting import limit_address
from orders_flask.web.responses import json_response

_documented = partial(operation, schemas.CheckoutError)


def blueprint() -> ContractBlueprint:
    routes = ContractBlueprint(
        "checkout",
        __name__,
        description="Orders of signed carts (contract `checkout`).",
        authenticate=_authenticate_unless_signed,
        open_if={"place": "CARTS_NEED_NO_TOKEN"},
    )

    @routes.post("/")
    @routes.arguments(schemas.CheckoutOrderCreate)
    @routes.response(201, schemas.CheckoutOrderCreated)
    @routes.alt_response(
        200,
        schema=schemas.CheckoutOrderCreated,
        description="The order was placed before, with the same key or of the same cart.",
    )
    @routes.alt_response(
        409,
        schema=schemas.CheckoutError,
        description="Another cart with this snapshotId was ordered; or a request with this Idempotency-Key is in "
        "progress, and should be retried after Retry-After seconds.",
    )
    @routes.doc(
        **_documented(
            401,
            403,
            413,
            415,
            422,
            503,
            use_case="place_cart_order",
            summary="Place an order of a signed cart",
            description="A cart is ordered once: repeated, it gets the same order.",
            placement=True,
        )
        | {"parameters": [REQUIRED, PREFER]}
    )
    def place(body: dict[str, Any]) -> Any:
        scope = "checkout.signature" if actor().role is Role.SYSTEM else "checkout"
        key = required_idempotency_key(scope, members=("cartSnapshot",))  # gateways add other members, which vary
        placing = replace(placement(body, actor=actor()), idempotency_key=key)
        return placed_or_replayed(
            lambda: use_cases().place_cart_order(placing),
            _placed_response,
            lines=len(placing.cart.items),
            replayed_as=200,
        )

    placements.register(routes, _documented, order_path=lambda order_id: url_for(".get", order_ref=order_id))
    _add_cancellation(routes)
    _add_get(routes)
    return routes


def _add_get(routes: ContractBlueprint) -> None:
    @routes.get("/<order_ref>", endpoint="get")
    @routes.response(200, schemas.CheckoutOrder)
    @routes.doc(
        **_documented(
            304,
            401,
            403,
            404,
            503,
            use_case="get_order",
            summary="Get an own order, or any order with orders:write",
            description="Users see their own orders; orders:write and administrators see every order.",
        )
    )
    def get(order_ref: str) -> Any:
        request = GetOrder(actor=actor(), order_id=parse_order_id(order_ref), access=OWNER_OR_WRITER)
        order = use_cases().get_order(request)
        return representation(order), etag(order)


def _add_cancellation(routes: ContractBlueprint) -> None:
    @routes.post("/<order_ref>/cancel")
    @requires(WRITERS_ONLY)
    @routes.arguments(schemas.Cancellation, required=False, example={"reason": "The customer changed her mind."})
    @routes.response(200, schemas.CheckoutCanceled)
    @routes.alt_response(
        409, schema=schemas.CheckoutFinalized, description="The order is shipped, delivered or canceled."
    )
    @routes.doc(
        **_documented(
            401,
            403,
            404,
            412,
            413,
            415,
            422,
            503,
            use_case="cancel_order",
            summary="Cancel an order (orders:write)",
            description="The reason is stored in the order's history; stock is restored.",
        )
    )
    def cancel(body: dict[str, Any], order_ref: str) -> Any:
        request = CancelOrder(
            actor=actor(), order_id=parse_order_id(order_ref), reason=body["reason"], versions=if_match_versions()
        )
        order = use_cases().cancel_order(request)
        return {"status": "canceled", "order": representation(order)}, etag(order)


def _authenticate_unless_signed() -> None:
    """Authenticate the request, unless it places an order without a token where the cart's signature is enough.

    A wrong token is still rejected. The use case verifies the signature of every cart before it does anything.
    """
    places = request.method == "POST" and (request.endpoint or "").endswith(".place")
    if "job" in g or not (places and use_cases().carts_need_no_token and "Authorization" not in request.headers):
        authenticate()
        return
    limit_address()
    g.actor = Actor(
        subject="cart-service",
        role=Role.SYSTEM,
        scopes=WRITERS_ONLY.scopes,
        request_id=g.request_id,
        traceparent=g.traceparent,
    )


def _placed_response(order: Order) -> Response:
    headers = {"Location": url_for(".get", order_ref=order.id), REPLAY_HEADER: "false", **etag(order)}
    return json_response(schemas.CheckoutOrderCreated, {"orderId": order.id}, status=201, headers=headers)
