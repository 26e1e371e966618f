"""Schemathesis hooks: requests that match the schema and are rejected for a reason that JSON Schema cannot express.

Schemathesis loads this module as its hooks; the test derives the expected statuses from it.
A contract adds its operations here.
"""

from __future__ import annotations

import re
from typing import Any

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

CURSOR = "Must be a cursor from the Link header of a page"  # 24 bytes, but not a valid timestamp
FINER = "must have at most . decimals|An amount must be at most"  # than the currency of the same object allows
KEY = "This Idempotency-Key was used for another request|The Idempotency-Key"  # before; or it is not printable
SHORT = "Some products have insufficient stock"  # or the products do not exist
NON_INTEGER = "Must be an integer"  # JSON Schema accepts 1.0 as an integer
TEXT = "half of a surrogate pair"  # valid in JSON, invalid in Unicode
DAY = "Must be an ISO 8601 date or datetime"  # a leap second
FUTURE = "minutes in the future"  # a time must not be later than the clock
ZONE = "Must be a time zone of the IANA database"
REASON = "A reason must be given for a cancellation only"
PERIOD = "Must not be after end_date|The period must"

CHARGES = "must not exceed|must not be positive|must not be negative|position of a line|An amount must"
OWN = "metadata must|name of each member|An item must not|must not be blank"
UNIT = "must be that of a line of the order|listed only once"
REFUND = "either amount_minor, or lines or charges|units of a line|must be one of|RFC 3339"
SHOP = (
    "confirm",
    "release",
    "hold",
    "cancel",
    "notes",
    "payments",
    "refunds",
    "refunds/{refund_id}/retry",
    "shipments",
    "returns",
)

REASONS = {
    "POST /orders/": f"The total|{FINER}|An item must not (contain|be nested)|{KEY}",
    "GET /orders/user/{user_id}": CURSOR,
    "POST /api/v1/orders/": f"{SHORT}|{NON_INTEGER}|{TEXT}|{KEY}|must be in one currency",
    "GET /api/v1/orders/": f"{CURSOR}|{FINER}|{DAY}|{PERIOD}|{TEXT}|{ZONE}",
    "GET /api/v1/orders/my-orders": CURSOR,
    "PUT /api/v1/orders/{ref}/status": f"An order that is .* cannot become|{REASON}|{TEXT}",
    "DELETE /api/v1/orders/{ref}": "Only pending orders can be deleted",
    "POST /api/v1/orders/bulk/status": f"Must be an order number or an order id|{REASON}|{TEXT}",  # 7.0 is no integer
    "GET /api/v1/orders/analytics": f"{DAY}|{PERIOD}|{ZONE}",
    "POST /api/v1/orders/templates": f"{NON_INTEGER}|{TEXT}",
    "POST /api/v1/orders/templates/{ref}/place": f"{SHORT}|{KEY}|must be in one currency",
    "POST /api/v1/products/": f"{FINER}|{NON_INTEGER}|{TEXT}|Another product has the sku",
    "PATCH /api/v1/products/{ref}": f"{FINER}|{NON_INTEGER}|{TEXT}|Another product has the sku",
    "PUT /api/v1/products/{ref}": f"{FINER}|{NON_INTEGER}|{TEXT}|Another product has the sku",
    "POST /api/v1/products/{ref}/restock": f"{NON_INTEGER}|{KEY}|Must be a whole number from 0",  # or too much stock
    "GET /api/v1/products/{ref}/movements": CURSOR,
    "GET /api/v1/products/{ref}/history": CURSOR,
    "GET /api/v1/products/": f"{CURSOR}|{TEXT}|and a letter or digit",
    "POST /ostore/orders/": f"{NON_INTEGER}|{TEXT}|{KEY}|userID: Not a valid string|must be in one currency",  # 7.0
    "POST /auth/login": TEXT,
    "POST /auth/refresh": TEXT,
    "POST /api/orders/": f"Invalid snapshot payload|{KEY}",  # generated carts have no valid signature
    "POST /api/orders/{order_ref}/cancel": TEXT,
    **{
        f"POST /v1/orders/{{order_ref}}/{verb}": f"{KEY}|{TEXT}|{NON_INTEGER}|{UNIT}|{REFUND}|{FUTURE}" for verb in SHOP
    },
    "POST /v1/shipments/{shipment_id}/events": f"{KEY}|{TEXT}|RFC 3339|{FUTURE}",
    "POST /v1/returns/{return_id}/receive": f"{KEY}|{NON_INTEGER}|{UNIT}",
    "POST /v1/returns/{return_id}/refuse": f"{KEY}|{TEXT}",
    "POST /v1/orders/": f"{KEY}|{TEXT}|{NON_INTEGER}|{CHARGES}|no product with the sku|must be in one currency|{OWN}"
    "|no such stock hold",
    "POST /v1/exports/": f"{KEY}|{TEXT}|{DAY}|The period must|byte order mark",
    "POST /v1/imports/": f"{KEY}|The file must|The file begins|Missing columns|Unknown or duplicate|The header must",
    "POST /v1/stock-holds/": f"{KEY}|{TEXT}|{NON_INTEGER}|no product with the sku",
    "GET /v1/stock-holds/": f"{CURSOR}|{TEXT}",
    **{
        f"POST /v1/personal-data/{verb}": f"{TEXT}|Either an e-mail address or a user id|must not be the actor"
        for verb in ("exports", "erasures")
    },
    "GET /v1/webhooks/{webhook_id}/deliveries": CURSOR,
    "POST /v1/webhooks/": f"{TEXT}|url must|must be a public|Must have at least one type",
    "POST /v1/webhooks/{webhook_id}/rotate-secret": NON_INTEGER,
    "GET /v1/orders/": f"{CURSOR}|{DAY}|{TEXT}|and a letter or digit",
    "PUT /v1/orders/{order_ref}/tags": TEXT,
    "PATCH /v1/orders/{order_ref}/metadata": f"{TEXT}|metadata must|name of each member",
}
REFUSALS = (400, 422)


@schemathesis.check
def refuses_for_the_reason_stated(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """Check that a request that matches its schema is rejected only for the stated reason."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code not in REFUSALS:
        return
    reason = REASONS.get(case.operation.label)
    if reason is None or not re.search(reason, response.text):
        raise RejectedPositiveData(
            operation=case.operation.label,
            message=f"It fits its schema, and is refused: {response.text[:500]}",
            status_code=response.status_code,
            allowed_statuses=[],
        )


schemathesis.serializer.alias("application/x-ndjson", "text/plain")


@schemathesis.hook
def filter_query(context: Any, query: Any) -> bool:
    """Leave out the view of an order that has a schema of another protocol (`contract/http/shop/test_ucp.py`)."""
    return (query or {}).get("view") != "ucp"


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Wait for events for a second where the request waits for 2 to 30, because responses have a limit of 10 s."""
    if re.fullmatch("[2-9]|[12][0-9]|30", str((case.query or {}).get("wait"))):
        case.query["wait"] = 1
