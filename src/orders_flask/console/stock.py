"""Pages of stock: products, low ones first, and of one product its movements and its restocking."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from orders_domain.errors import InvalidValue
from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.order_ref import parse_number
from orders_domain.model.product import ProductId, parse_product_id
from orders_domain.model.product_audit import MovementCursor
from orders_domain.model.product_filter import ProductFilter
from orders_domain.model.stock_filter import category_of
from orders_domain.use_cases import GetProduct, GetStockHealth, ListProducts, ListStockMovements, RestockProduct
from orders_flask.console.forms import form_key, text
from orders_flask.console.pages import page, to
from orders_flask.web.authentication import requires
from orders_flask.web.context import actor, use_cases

PAGE_SIZE = 50


def register(console: Blueprint) -> None:
    console.get("/stock")(requires(ADMIN_ONLY)(stock))
    console.get("/stock/<product_id>")(requires(ADMIN_ONLY)(product))
    console.post("/stock/<product_id>/restock")(requires(ADMIN_ONLY)(restock))


def stock() -> Response:
    """Show the low and empty products, then a page of all, or of those that the search box names."""
    given, error = request.args.get("q", "").strip(), ""
    wanted = ProductFilter(limit=PAGE_SIZE, after=parse_number(request.args.get("after", "")))
    if given:
        try:
            wanted = ProductFilter(limit=PAGE_SIZE, after=wanted.after, text=given)
        except InvalidValue as invalid:
            error = str(invalid)
    found = use_cases().list_products(ListProducts(product_filter=wanted))
    report = use_cases().get_stock_health(GetStockHealth(actor=actor()))
    return page(
        "stock.html",
        status=422 if error else 200,
        levels=report.levels,
        categories=report.levels.categories,
        category_of=category_of,
        products=found.products,
        next_after=found.next_after,
        given=given,
        error=error,
    )


def product(product_id: str) -> Response:
    return _product_page(parse_product_id(product_id))


def restock(product_id: str) -> Response:
    """Add units to the stock, whatever it is at that moment; a form that is sent twice adds once."""
    ref = parse_product_id(product_id)
    quantity = parse_number(text("quantity"))
    try:
        if quantity is None:
            raise InvalidValue("A quantity must be a whole number of at least 1.", field="quantity")
        restocking = RestockProduct(actor=actor(), product_id=ref, quantity=quantity, idempotency_key=form_key())
        changed = use_cases().restock_product(restocking)
    except InvalidValue as error:
        return _product_page(ref, status=422, failure=str(error))
    return to("product", product_id=ref, notice=f"Restocked: {quantity:,} units added, {changed.stock:,} in stock.")


def _product_page(ref: ProductId, *, status: int = 200, failure: str = "") -> Response:
    before, level = (parse_number(request.args.get(name, "")) for name in ("before", "level"))
    cursor = MovementCursor(before=before, stock=level or 0) if before else None
    shown = use_cases().get_product(GetProduct(product_id=ref))
    movements = use_cases().list_stock_movements(
        ListStockMovements(actor=actor(), product_id=ref, limit=PAGE_SIZE, cursor=cursor)
    )
    return page(
        "product.html",
        status=status,
        product=shown,
        category=category_of(shown),
        movements=movements,
        failure=failure,
        given=request.form.get("quantity", ""),
    )
