"""Routes of stock holds: units that are held for a user until an order is placed."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import Response, url_for
from marshmallow import Schema, fields, validate

from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH
from orders_domain.model.custom_item import MAX_ITEMS
from orders_domain.model.life.stock_hold import (
    MAX_SECONDS,
    MIN_SECONDS,
    DuplicateStockHold,
    StockHold,
    StockHoldNotFound,
)
from orders_domain.model.product import RequestedItem
from orders_domain.use_cases import EndStockHold, GetStockHold, HoldStock, ListStockHolds
from orders_domain.use_cases.life.place_shop_order import RequestedSku
from orders_flask.contracts.shop.query_schemas import page_limit
from orders_flask.contracts.shop.responses import documented, json_response, required_key
from orders_flask.contracts.shop.schemas import PRODUCT_LINE, ProductLineField
from orders_flask.contracts.shop.translate import moment
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases
from orders_flask.web.fields import BoundedList, SafeString, StrictInteger, text_field
from orders_flask.web.idempotency import REPLAY_HEADER
from orders_flask.web.pagination import link_to

_NOT_FOUND = "The stock hold does not exist, has ended, or is another user's."
_EXAMPLE = {"lines": [{"product_id": 1, "quantity": 2}], "seconds": 900}


def _user(description: str) -> SafeString:
    return text_field(MAX_SUBJECT_LENGTH, description=description)


class StockHoldCreate(Schema):
    """Request body: the units to hold, and for how long."""

    lines = BoundedList(ProductLineField(metadata=PRODUCT_LINE), limit=MAX_ITEMS, required=True)
    seconds = StrictInteger(
        required=True, validate=validate.Range(min=MIN_SECONDS, max=MAX_SECONDS), metadata={"example": 900}
    )
    user_id = _user("The owner; another user than the sender needs stock:write.")


class StockHoldQuery(Schema):
    """Query of the list."""

    user_id = _user("By default the sender; another user needs stock:write.")
    limit = page_limit()
    cursor = fields.UUID(load_default=None, metadata={"description": "From `next_cursor` of the previous page."})


class StockHoldLine(Schema):
    """The held units of a product."""

    product_id = fields.Integer(required=True)
    quantity = fields.Integer(required=True)


class StockHoldShown(Schema):
    """A stock hold."""

    id = fields.UUID(required=True)
    user_id = fields.String(required=True)
    lines = fields.List(fields.Nested(StockHoldLine), required=True)
    created_at = fields.Raw(required=True, metadata={"type": "string", "format": "date-time"})
    expires_at = fields.Raw(required=True, metadata={"type": "string", "format": "date-time"})


class StockHoldsShown(Schema):
    """A page of stock holds, newest first."""

    data = fields.List(fields.Nested(StockHoldShown), required=True)
    next_cursor = fields.UUID(required=True, allow_none=True)


def register(routes: ContractBlueprint) -> None:
    _add_create(routes)
    _add_list(routes)

    @routes.get("/stock-holds/<hold_id>")
    @routes.response(200, StockHoldShown)
    @routes.doc(
        **documented(
            401, 404, 503,
            changes=False, posts=False,
            use_case="get_stock_hold",
            summary="Get a stock hold",
            description="Stock holds of other users are not found without stock:write.",
            not_found=_NOT_FOUND,
        )
    )  # fmt: skip
    def get_stock_hold(hold_id: str) -> Response:
        request = GetStockHold(actor=actor(), hold_id=_id(hold_id))
        return json_response(_representation(use_cases().get_stock_hold(request)))

    @routes.delete("/stock-holds/<hold_id>")
    @routes.response(204, description="The hold has ended.")
    @routes.doc(
        **documented(
            401, 404, 503,
            changes=False, posts=False,
            use_case="end_stock_hold",
            summary="End a stock hold",
            description="Its units are given back to stock, once.",
            not_found=_NOT_FOUND,
        )
    )  # fmt: skip
    def end_stock_hold(hold_id: str) -> Any:
        use_cases().end_stock_hold(EndStockHold(actor=actor(), hold_id=_id(hold_id)))
        return None


def _add_create(routes: ContractBlueprint) -> None:
    @routes.post("/stock-holds/")
    @routes.arguments(StockHoldCreate, example=_EXAMPLE)
    @routes.response(201, StockHoldShown)
    @routes.doc(
        **documented(
            400, 401, 403, 409, 413, 415, 422, 503,
            changes=False,
            use_case="hold_stock",
            summary="Hold units of products for a user",
            description="The units are taken from stock: all or none. They return when the hold is deleted or has "
            "expired, or go into an order that is placed with `stock_hold_id`.",
        )
    )  # fmt: skip
    def hold_stock(body: dict[str, Any]) -> Response:
        lines = tuple(RequestedItem(**line) if "product_id" in line else RequestedSku(**line) for line in body["lines"])
        request = HoldStock(actor=actor(), idempotency_key=required_key(), **{**body, "lines": lines})
        try:
            hold, is_replay = use_cases().hold_stock(request), False
        except DuplicateStockHold as duplicate:
            hold, is_replay = duplicate.hold, True
        response = json_response(_representation(hold), status=201)
        response.headers["Location"] = url_for(".get_stock_hold", hold_id=hold.id)
        if is_replay:
            response.headers[REPLAY_HEADER] = "true"
        return response


def _add_list(routes: ContractBlueprint) -> None:
    @routes.get("/stock-holds/")
    @routes.arguments(StockHoldQuery, location="query")
    @routes.response(200, StockHoldsShown)
    @routes.doc(
        **documented(
            400, 401, 403, 503,
            changes=False, posts=False,
            use_case="list_stock_holds",
            summary="List the stock holds of a user",
            description="Newest first, without those that have ended.",
        )
    )  # fmt: skip
    def list_stock_holds(query: dict[str, Any]) -> Response:
        page = use_cases().list_stock_holds(
            ListStockHolds(
                actor=actor(),
                user_id=query.get("user_id", actor().subject),
                limit=query["limit"],
                before=query["cursor"],
            )
        )
        cursor = None if page.next_before is None else str(page.next_before)
        response = json_response({"data": [_representation(hold) for hold in page.holds], "next_cursor": cursor})
        if cursor:
            response.headers.update(link_to(cursor))
        return response


def _representation(hold: StockHold) -> dict[str, Any]:
    return {
        "id": str(hold.id),
        "user_id": hold.user_id,
        "lines": [{"product_id": product, "quantity": quantity} for product, quantity in hold.quantities.items()],
        "created_at": moment(hold.created_at),
        "expires_at": moment(hold.expires_at),
    }


def _id(hold_id: str) -> UUID:
    with suppress(ValueError):
        return UUID(hold_id)
    raise StockHoldNotFound
