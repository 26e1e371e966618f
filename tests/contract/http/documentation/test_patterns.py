"""Patterns and shapes of the document: the service accepts what matches, and refuses what does not."""

from typing import Any
from urllib.parse import urlencode

import jsonschema_rs
import pytest

from orders_domain.model.feed.page import FEED_TYPES
from tests.contract.http.shop.client import GIFT, shopkeeper
from tests.support.client import ask
from tests.support.service_stack import Stack

HELD, PLACED = "orders.order_held.v1", "orders.order_placed.v1"


@pytest.fixture
def document(stack: Stack) -> dict[str, Any]:
    return dict(ask(stack.app, "GET", "/openapi.json").json)


@pytest.mark.parametrize(
    ("language", "fits"),
    [
        ("de", True),
        ("de-AT", True),
        ("zh-Hant-TW", True),
        ("d", False),
        ("german", False),
        ("de_AT", False),
        ("de-", False),
        ("de\n", False),
        ("de" + "-AT" * 12, False),
    ],
)
def test_language_fits_its_pattern(stack: Stack, document: dict[str, Any], language: str, *, fits: bool) -> None:
    schema = document["components"]["schemas"]["CustomerCreate"]["properties"]["language"]
    body = {"lines": [GIFT], "customer": {"language": language}}

    response = shopkeeper(stack).post("/orders", body)

    assert (jsonschema_rs.is_valid(schema, language), response.status_code) == (fits, 201 if fits else 422)


@pytest.mark.parametrize(
    ("types", "fits"),
    [
        (HELD, True),
        (f"{HELD},{PLACED},{HELD}", True),
        (",".join(FEED_TYPES), True),
        ("", False),
        (f"{HELD},", False),
        (f"{HELD}, {PLACED}", False),
        ("orders-order_held.v1", False),
        (f"{HELD}0", False),
        (f"{HELD}\n", False),
    ],
)
def test_event_types_fit_their_pattern(stack: Stack, document: dict[str, Any], types: str, *, fits: bool) -> None:
    parameters = document["paths"]["/v1/events"]["get"]["parameters"]
    (schema,) = (parameter["schema"] for parameter in parameters if parameter["name"] == "types")

    response = shopkeeper(stack, scopes=("orders:read",)).get(f"/events?{urlencode({'types': types})}")

    assert (jsonschema_rs.is_valid(schema, types), response.status_code) == (fits, 200 if fits else 400)


@pytest.mark.parametrize(
    ("names", "fits"),
    [
        (["title", "unit_price_minor"], True),
        (["title", "unit_price_minor", "content"], True),
        (["title"], False),
        (["unit_price_minor"], False),
        (["product_id", "title"], False),
        (["product_id", "title", "unit_price_minor"], False),
        (["sku", "title", "unit_price_minor"], False),
        (["product_id", "sku"], False),
        (["product_id", "content"], False),
        (["sku", "unit_price_minor"], False),
    ],
)
def test_line_fits_its_shape(stack: Stack, document: dict[str, Any], names: list[str], *, fits: bool) -> None:
    schema = document["components"]["schemas"]["ShopOrderCreate"]["properties"]["lines"]["items"]
    members = {"product_id": 1, "sku": "TEA-1", "title": "Gift", "unit_price_minor": 5, "content": {}}
    line = {"quantity": 2, **{name: members[name] for name in names}}

    response = shopkeeper(stack).post("/orders", {"lines": [line]})

    assert (jsonschema_rs.is_valid(schema, line), response.status_code) == (fits, 201 if fits else 422)
