"""Route of the event feed."""

from typing import Any

from flask import Response, current_app

from orders_domain.model.feed.cursor import LATEST
from orders_domain.model.order_filter import MAX_PAGE_BYTES
from orders_domain.model.order_ref import parse_order_ref
from orders_domain.use_cases import EventPage, ReadEvents
from orders_flask.contracts.shop import query_schemas, response_schemas
from orders_flask.contracts.shop.responses import documented
from orders_flask.web.background.long_polls import long_polls
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases
from orders_flask.web.pagination import link_to

RETRY_SECONDS = 1


def register(routes: ContractBlueprint) -> None:
    @routes.get("/events")
    @routes.arguments(query_schemas.EventsQuery, location="query")
    @routes.response(200, response_schemas.ShopEvents)
    @routes.doc(**_documentation())
    def read_events(query: dict[str, Any]) -> Response:
        order = query.get("order")

        def read(after: str | None) -> EventPage:
            return use_cases().read_events(
                ReadEvents(
                    actor=actor(),
                    after=after or query.get("after"),
                    types=query.get("types"),
                    order=parse_order_ref(order) if order else None,
                    limit=query["limit"],
                )
            )

        page, could_wait = long_polls().read(read, seconds=query["wait"])
        response = _response(page)
        if not could_wait:
            response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response


def _documentation() -> dict[str, Any]:
    doc = documented(
        *(400, 401, 403, 409, 503),
        changes=False,
        posts=False,
        use_case="read_events",
        summary="Read the event feed",
        description="The events of all orders, each as it is on the exchange, from the first one or behind a cursor. "
        "Reading on from `next_cursor` returns every event once, and those of an order in their order. An empty page "
        "is answered after `wait` seconds, or at once with Retry-After if too many polls wait. "
        f"`after={LATEST}` is the end of the feed. Needs orders:read or the administrator role.",
    )
    doc["responses"]["409"]["description"] = "The cursor is of another database, or of one before its restore."
    return doc


def _response(page: EventPage) -> Response:
    """Return the page, up to its limit or 4 MiB; the events are the bytes that the broker gets."""
    events: list[bytes] = []
    size, cursor = 0, page.next_cursor
    for read in page.events:
        event = use_cases().event_bytes(read.event)
        size += len(event)
        if events and size > MAX_PAGE_BYTES:
            break
        events.append(event)
        cursor = read.cursor
    if len(events) == len(page.events):
        cursor = page.next_cursor
    body = b'{"data":[%s],"next_cursor":"%s"}' % (b",".join(events), cursor.encode())
    response = current_app.response_class(body, mimetype="application/json")
    response.headers.update(link_to(cursor, name="after"))
    return response
