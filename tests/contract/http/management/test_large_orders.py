"""Lists of large orders: a page that ends at its size loses no order, however the client pages."""

import re
from itertools import chain
from typing import Any

import pytest

from orders_domain.model import order_filter
from tests.contract.http.management.client import ORDERS, Shopper, errors

NOTE = {"sku": "tea", "note": "x" * 1_000}
LISTS = ["/my-orders", "/"]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_filter, "MAX_PAGE_BYTES", 3_500)


def place(who: Shopper, number: int) -> None:
    for _ in range(number):
        assert who.post({"items": [NOTE], "total_price": 1}, path="/orders/").status_code == 201


def numbers(orders: list[dict[str, Any]]) -> list[int]:
    return [order["order_id"] for order in orders]


def filters(path: str, root: Shopper) -> str:
    return f"&user_id={root.subject}" if path == "/" else ""


@pytest.mark.parametrize("path", LISTS)
def test_link_of_a_short_page_leads_to_the_rest(root: Shopper, path: str) -> None:
    place(root, 8)
    where, pages = f"{ORDERS}{path}?limit=100{filters(path, root)}", []

    while where:
        page = root.ask("GET", where)
        pages.append(numbers(page.json))
        link = re.fullmatch('<(.+)>; rel="next"', page.headers.get("Link", ""))
        where = link[1] if link else ""

    assert [len(page) for page in pages] == [3, 3, 2]
    everything = list(chain.from_iterable(pages))
    assert everything == sorted(set(everything), reverse=True)


@pytest.mark.parametrize("path", LISTS)
def test_skip_past_a_short_page_is_refused_with_a_limit(root: Shopper, path: str) -> None:
    place(root, 8)
    where = f"{ORDERS}{path}?limit={{}}&skip={{}}{filters(path, root)}"

    refused = root.ask("GET", where.format(100, 0))
    pages = [root.ask("GET", where.format(3, skip)) for skip in (0, 3, 6)]

    assert refused.status_code == 400
    assert "at most 3 with this skip" in errors(refused)["limit"][0]
    assert [len(page.json) for page in pages] == [3, 3, 2]
    assert len({number for page in pages for number in numbers(page.json)}) == 8
    assert root.ask("GET", where.format(100, 6)).status_code == 200
