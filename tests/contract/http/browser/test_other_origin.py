"""A page of another origin signs in, orders, reads and pays, in Chromium, if CORS_ORIGINS has its origin."""

import json
import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

from tests.contract.http.browser.conftest import password
from tests.support.server import Served
from tests.support.servers.chromium import dumped


def seen_by_page(demonstration: Served, host: str, port: int) -> dict[str, Any]:
    """The parts of each response that the shop's page could read, by the name of its request."""
    query = {"service": demonstration.url, "email": "ann@example.com", "password": password(demonstration)}
    page = dumped(f"http://{host}:{port}/shop_page.html?{urlencode(query)}")
    found = re.search(r'<pre id="seen">(.*?)</pre>', page, re.DOTALL)
    assert found, page
    return dict(json.loads(unescape(found[1])))


def test_page_of_an_allowed_origin_signs_in_orders_and_reads(demonstration: Served, pages: int) -> None:
    seen = seen_by_page(demonstration, "127.0.0.1", pages)

    assert {name: one["status"] for name, one in seen.items()} == {
        "sign in": 200,
        "place": 201,
        "place again": 201,
        "read": 200,
        "pay": 200,
        "list": 200,
        "without a token": 401,
        "unknown": 404,
    }
    order = seen["place"]["body"]
    assert seen["read"]["body"] == order
    assert seen["list"]["body"] == [order | seen["pay"]["body"]]
    assert seen["pay"]["body"]["status"] == "PAID"
    assert seen["read"]["headers"]["etag"] == '"1"'
    assert seen["pay"]["headers"]["etag"] == '"2"'
    assert seen["place again"]["headers"]["x-idempotent-replay"] == "true"
    assert seen["without a token"]["headers"]["www-authenticate"].startswith("Bearer")
    assert 'rel="next"' in seen["list"]["headers"]["link"]
    assert all("x-request-id" in one["headers"] for one in seen.values())


def test_page_of_another_origin_reads_nothing(demonstration: Served, pages: int) -> None:
    seen = seen_by_page(demonstration, "localhost", pages)

    assert seen
    assert {name: one for name, one in seen.items() if one != {"failed": "TypeError"}} == {}
