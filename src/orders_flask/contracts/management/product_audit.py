"""Routes of the stock ledger and of the history of products, for administrators."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.product import parse_product_id
from orders_domain.model.product_audit import (
    MAX_PAGE_SIZE,
    MovementKind,
    ProductChange,
    ProductChangeKind,
    StockMovement,
)
from orders_domain.use_cases import GetProductHistory, ListStockMovements
from orders_flask.contracts.management.routes import _document
from orders_flask.web.authentication import requires
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases
from orders_flask.web.fields import QueryInteger, Timestamp, cursor
from orders_flask.web.pagination import (
    link_to,
    read_movement_cursor,
    read_product_cursor,
    write_movement_cursor,
    write_product_cursor,
)

_NOT_FOUND = "The product does not exist."
_ERRORS = (400, 401, 403, 404, 503)
_MOMENT = {"type": "string", "format": "date-time"}
_NEXT = "From the Link header of the previous page."
_PUBLISHED = {"stock": "stock_quantity"}
"""The published name of a field, by the domain's; others are the same."""


class LedgerQuery(Schema):
    """Query: size and position of a page of movements."""

    limit = QueryInteger(
        load_default=100,
        validate=validate.Range(min=1, max=MAX_PAGE_SIZE),
        metadata={"description": "The maximum number of results of the page."},
    )
    cursor = cursor(_NEXT, length=22)


class ProductHistoryQuery(Schema):
    """Query: size and position of a page of changes."""

    limit = QueryInteger(
        load_default=100,
        validate=validate.Range(min=1, max=MAX_PAGE_SIZE),
        metadata={"description": "The maximum number of results of the page."},
    )
    cursor = cursor(_NEXT, length=11)


class StockMovementResponse(Schema):
    """A movement of a product's stock."""

    at = Timestamp(required=True, metadata=_MOMENT)
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in MovementKind]))
    quantity = fields.Integer(required=True, metadata={"description": "Negative for a deduction."})
    stock_after = fields.Integer(required=True)
    order_id = fields.Integer(required=True, allow_none=True, metadata={"description": "The order's number."})
    actor = fields.String(required=True)


class ProductChangeResponse(Schema):
    """A change of a product by an administrator."""

    version = fields.Integer(required=True, metadata={"description": "Of the product, after the change."})
    at = Timestamp(required=True, metadata=_MOMENT)
    event = fields.String(required=True, validate=validate.OneOf([kind.value for kind in ProductChangeKind]))
    actor = fields.String(required=True)
    role = fields.String(required=True)
    request_id = fields.String(required=True, allow_none=True)
    changes = fields.Dict(
        required=True, metadata={"description": "By field: `from` and `to`; null where the product was new."}
    )


def register(routes: ContractBlueprint) -> None:
    """Add the routes to the products' blueprint."""

    @routes.get("/<ref>/movements")
    @requires(ADMIN_ONLY)
    @routes.arguments(LedgerQuery, location="query")
    @routes.response(200, StockMovementResponse(many=True))
    @routes.doc(
        **_document(
            *_ERRORS,
            use_case="list_stock_movements",
            summary="List the movements of a product's stock, newest first (administrators)",
            description="Each movement has the stock after it; the Link header leads to the next page.",
            not_found=_NOT_FOUND,
        ),
        security=[{"bearer": []}],
    )
    def movements(query: dict[str, Any], ref: str) -> Any:
        request = ListStockMovements(
            actor=actor(),
            product_id=parse_product_id(ref),
            limit=query["limit"],
            cursor=read_movement_cursor(query.get("cursor")),
        )
        page = use_cases().list_stock_movements(request)
        link = link_to(write_movement_cursor(page.next_cursor)) if page.next_cursor else {}
        return [_movement(movement) for movement in page.movements], link

    @routes.get("/<ref>/history")
    @requires(ADMIN_ONLY)
    @routes.arguments(ProductHistoryQuery, location="query")
    @routes.response(200, ProductChangeResponse(many=True))
    @routes.doc(
        **_document(
            *_ERRORS,
            use_case="get_product_history",
            summary="List the changes of a product, newest first (administrators)",
            description="Each change has its actor and both values; stock that orders move is in the movements.",
            not_found=_NOT_FOUND,
        ),
        security=[{"bearer": []}],
    )
    def product_history(query: dict[str, Any], ref: str) -> Any:
        request = GetProductHistory(
            actor=actor(),
            product_id=parse_product_id(ref),
            limit=query["limit"],
            before=read_product_cursor(query.get("cursor")),
        )
        page = use_cases().get_product_history(request)
        link = link_to(write_product_cursor(page.next_before)) if page.next_before else {}
        return [_change(change) for change in page.changes], link


def _movement(movement: StockMovement) -> Mapping[str, Any]:
    return {
        "at": movement.at,
        "kind": movement.kind.value,
        "quantity": movement.quantity,
        "stock_after": movement.stock,
        "order_id": movement.order_number,
        "actor": movement.actor,
    }


def _change(change: ProductChange) -> Mapping[str, Any]:
    return {
        "version": change.version,
        "at": change.at,
        "event": change.kind.value,
        "actor": change.actor,
        "role": change.role.value,
        "request_id": change.request_id,
        "changes": {
            _PUBLISHED.get(name, name): _numbers(values) if name == "price" else values
            for name, values in change.changes.items()
        },
    }


def _numbers(values: Any) -> Mapping[str, float | None]:
    """Return prices as numbers, as the product shows them."""
    return {end: None if text is None else float(text) for end, text in values.items()}
