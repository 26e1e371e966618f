"""Pages of orders: the list with its filters and views, and the bulk actions."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from orders_domain.errors import AccessDenied, InvalidValue, OrderNotFound
from orders_domain.model.access import ADMIN_ONLY, SHOP
from orders_domain.model.life.axes import FulfillmentStatus, PaymentStatus
from orders_domain.model.life.lines import numbered_lines
from orders_domain.model.order import Order
from orders_domain.model.order_filter import Page, Sort
from orders_domain.model.order_ref import OrderRef, parse_order_ref
from orders_domain.model.origin import Origin
from orders_domain.model.status import OrderStatus, TargetStatus
from orders_domain.model.values.total_table import total_table
from orders_domain.use_cases import BulkChangeStatus, GetOrder
from orders_domain.use_cases.background.start_file_job import EXPORTS
from orders_flask.console import saved_views, session
from orders_flask.console.order_query import SELECT, STATUSES, OrderQuery, parse_query, searched_order
from orders_flask.console.pages import page, to, to_address, wants_part
from orders_flask.web.context import actor, use_cases
from orders_flask.web.pagination import write_cursor

BULK_TARGETS = (OrderStatus.CONFIRMED, OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.CANCELED)
SORTS = total_table(
    Sort,
    {
        Sort.NEWEST: "newest first",
        Sort.OLDEST: "oldest first",
        Sort.LAST_UPDATED: "last changed first",
        Sort.FIRST_UPDATED: "longest without a change first",
    },
)


def register(console: Blueprint) -> None:
    console.get("/")(home)
    console.get("/orders")(orders)
    console.post("/orders/views")(save_view)
    console.post("/orders/views/remove")(remove_view)
    console.post("/orders/bulk")(change_many)


def home() -> Response:
    return to("orders")


def orders() -> Response:
    """Show the orders of the query; a number or id in the search box leads to its order."""
    text = request.args.get("q", "")
    if (ref := searched_order(text)) and _exists(ref):
        return to("order", order_ref=ref)
    query = parse_query(request.args)
    if query.errors and wants_part():  # the messages are outside the results, and htmx shows no part of status 422
        return to_address(f"{url_for('console.orders')}?{urlencode(query.page)}")
    return _list(query)


def save_view() -> Response:
    """Store the query with a name in the browser."""
    query = parse_query(request.form)
    saved = urlencode(query.view)
    name = request.form.get("name", "").strip()
    try:
        views = saved_views.with_view(_saved(), name, saved)
    except InvalidValue as error:
        return _list(query, status=422, view_error=str(error), view_name=name)
    session.remember_views(saved_views.write_views(views))
    session.announce(f"The view “{name}” is saved in this browser.")
    return redirect(f"{url_for('console.orders')}?{saved}", 303)


def remove_view() -> Response:
    name = request.form.get("name", "")
    session.remember_views(saved_views.write_views([view for view in _saved() if view.name != name]))
    return to("orders", notice=f"The view “{name}” is removed.")


def change_many() -> Response:
    """Start a job that changes the status of the selected orders."""
    target = next((status for status in BULK_TARGETS if status.value.lower() == request.form.get("target")), None)
    reason = request.form.get("reason", "").strip() if target is OrderStatus.CANCELED else ""
    try:
        if target is None:
            raise InvalidValue("A status must be chosen.")
        change = BulkChangeStatus(
            actor=actor(),
            order_ids=tuple(map(parse_order_ref, request.form.getlist("order"))),
            target=TargetStatus(target, frozenset({target})),
            reason=reason or None,
            asynchronous=True,
        )
        job = use_cases().bulk_change_status(change)
    except InvalidValue as error:
        text = "At least one order must be selected." if error.field == "order_ids" else str(error)
        return _list(parse_query(request.form), status=422, bulk_error=text)
    return to("job", job_id=job.id)


def _exists(ref: OrderRef) -> bool:
    try:
        use_cases().get_order(GetOrder(actor=actor(), order_id=ref, access=SHOP))
    except (OrderNotFound, AccessDenied):
        return False
    return True


def _saved() -> tuple[saved_views.View, ...]:
    return saved_views.read_views(request.cookies.get(session.VIEWS))


def _list(query: OrderQuery, *, status: int = 0, **errors: Any) -> Response:
    found = Page(()) if query.errors else use_cases().list_orders(query.request(actor()))
    current = urlencode(query.view)
    views = (*saved_views.OWN_VIEWS, *_saved())
    shown = next((view for view in views if view.is_shown(current)), None)
    return page(
        "orders.html",
        status=status or (422 if query.errors else 200),
        query=query,
        rows=[order_row(order) for order in found.orders],
        next_query=_query_after(query, "cursor", write_cursor(found.next_cursor)) if found.next_cursor else None,
        first_query=current if "cursor" in query.texts else None,
        select_query=_query_after(query, SELECT, "page"),
        selected=query.texts.get(SELECT) == "page",
        current=current,
        own_views=saved_views.OWN_VIEWS,
        saved=_saved(),
        shown_view=shown,
        choices=_choices(),
        is_administrator=ADMIN_ONLY.grants_all(actor()),
        may_export=EXPORTS.grants_all(actor()),
        bulk_targets=[target.value.lower() for target in BULK_TARGETS],
        **errors,
    )


def _query_after(query: OrderQuery, name: str, text: str) -> str:
    """Return the query of a page with another text of the field."""
    return urlencode({**query.page, name: text})


def _choices() -> dict[str, Any]:
    return {
        "status": list(STATUSES),
        "payment_status": list(PaymentStatus),
        "fulfillment_status": list(FulfillmentStatus),
        "origin": [origin.value for origin in Origin],
        "sort": SORTS,
    }


def order_row(order: Order) -> dict[str, Any]:
    """Return what a list shows of an order."""
    lines = numbered_lines(order)
    return {
        "order": order,
        "customer": order.contact.name or order.user_id or "guest",
        "units": sum(line.quantity for line in lines),
        "first_line": lines[0].title if lines else "",
        "lines": len(lines),
    }
