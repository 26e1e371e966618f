"""GET /api/v1/orders/ and /my-orders: each filter alone and combined, with paging."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from orders_domain import Role
from tests.contract.http.management.client import Shopper, errors, shopper
from tests.support.service_stack import Stack

Order = dict[str, Any]
LONG_AGO = datetime(2001, 2, 1, tzinfo=UTC)  # older than the orders of all other tests
SQL = "' OR '1'='1' --"


def at(order: Order) -> datetime:
    return datetime.fromisoformat(order["order_date"])


# Each parameter with a value and its meaning for the orders below.
FILTERS: dict[str, tuple[str, Callable[[Order], bool]]] = {
    "status": ("confirmed", lambda order: order["status"] == "confirmed"),
    "user_id": ("", lambda order: order["user_id"].startswith("first-")),  # the value depends on the test
    "start_date": ("2001-02-03", lambda order: at(order) >= datetime(2001, 2, 3, tzinfo=UTC)),
    "end_date": ("2001-02-06", lambda order: at(order) < datetime(2001, 2, 7, tzinfo=UTC)),
    "min_amount": ("5.00", lambda order: order["total_amount"] >= 5),
    "max_amount": ("10", lambda order: order["total_amount"] <= 10),
}
SUBSETS = [subset for size in range(1, 7) for subset in combinations(FILTERS, size)]


@pytest.fixture(scope="session")
def scenes() -> dict[int, tuple[Shopper, list[Order], str]]:
    return {}


@pytest.fixture
def scene(stack: Stack, scenes: dict[int, tuple[Shopper, list[Order], str]]) -> tuple[Shopper, list[Order], str]:
    """48 orders of two customers over eight days: every status, and amounts from 2.50 to 15."""
    if id(stack) not in scenes:
        scenes[id(stack)] = made(stack)
    return scenes[id(stack)]


def made(stack: Stack) -> tuple[Shopper, list[Order], str]:
    root = shopper(stack, role=Role.ADMIN)
    tea = root.product(stock=10_000, price=2.5)
    mark = uuid4().hex[:8]
    people = [shopper(stack, f"first-{mark}"), shopper(stack, f"second-{mark}")]
    orders = []
    for number in range(48):
        order = people[number % 2].ordered((tea, 1 + number % 6))
        for word in (["confirmed"], ["shipped"], ["shipped", "delivered"], ["cancelled"], [])[number % 5]:
            order = root.put(order, word).json
        moment = LONG_AGO + timedelta(hours=4 * number)
        spelt = f"{moment:%Y-%m-%d %H:%M:%S.%f}" + ("" if stack.settings.uses_default_database else "+00")
        stack.rows(f"UPDATE orders SET created_at = '{spelt}' WHERE number = {order['order_id']}")
        orders.append(order | {"order_date": moment.isoformat().replace("+00:00", "Z")})
    return root, orders[::-1], people[0].subject


DAYS = [
    "x", "", "2026-02-30", "2026-13-01", "26-01-01", "1700000000", "2026-01-01T25:00", "now", "%00",
    "0000-01-01", "2026-01-01T00:00:00%2B99:00", "0001-01-01T00:00:00%2B05:00", "' OR 1=1 --",
    "2026-325", "2026W", "20261121T", "2026-W54-1", "9999-12-31T23:59:59-12:00", "9999-12-31T24:00", "10000-01-01",
]  # fmt: skip
AMOUNTS = [
    "-1", "1e5", "NaN", "Infinity", "-0", "", "x", "1,5", "0x10", "1.", ".5", "%2B1", "1_000", "9" * 30, "%D9%A1",
]  # fmt: skip
WRONG = {
    "skip": ["-1", "x", "1.5", "", "100001", "9" * 5_000, "NaN", "1e3", "%00"],
    "limit": ["0", "-1", "x", "1001", "1000000000", "", "1e3", "9" * 5_000],
    "status": ["PAID", "canceled", "PENDING", "Pending", "", "paid", "%00", "1"],
    "user_id": ["", "%00", "a%00b", "x" * 256],
    "start_date": DAYS,
    "end_date": DAYS,
    "min_amount": AMOUNTS,
    "max_amount": AMOUNTS,
    "cursor": ["x", "", "%00", "AAAA", "A" * 500, "é", "..", "' OR 1=1 --"],
}


def query(**parameters: object) -> str:
    return urlencode({"limit": 1_000} | parameters)


@pytest.mark.clause("002-09", "002-15")
@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
def test_filters_combine_with_and(scene: tuple[Shopper, list[Order], str], subset: tuple[str, ...]) -> None:
    root, orders, first = scene
    values = {name: FILTERS[name][0] for name in subset} | ({"user_id": first} if "user_id" in subset else {})
    if "end_date" not in subset:
        values["end_date"] = "2001-02-09"

    response = root.search(query(**values))

    assert response.status_code == 200
    expected = [order for order in orders if all(FILTERS[name][1](order) for name in subset)]
    assert response.json == expected
    assert 0 < len(expected) < 48 or subset in {("end_date",), ("start_date",)}


@pytest.mark.clause("002-09")
@pytest.mark.parametrize("word", ["pending", "confirmed", "shipped", "delivered", "cancelled"])
def test_status_filter_selects_every_status(scene: tuple[Shopper, list[Order], str], word: str) -> None:
    root, orders, _ = scene

    matches = root.search(query(status=word, end_date="2001-02-09")).json

    assert matches == [order for order in orders if order["status"] == word] != []


@pytest.mark.clause("002-09")
def test_paid_order_matches_confirmed_filter(stack: Stack, root: Shopper, ann: Shopper) -> None:
    order = ann.ordered((root.product(), 1))
    stack.rows(f"UPDATE orders SET status = 'PAID' WHERE number = {order['order_id']}")

    [match] = root.search(query(user_id=ann.subject, status="confirmed")).json

    assert (match["order_id"], match["status"]) == (order["order_id"], "confirmed")


@pytest.mark.clause("002-09")
@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2001-02-02", "2001-02-02", range(24, 48)),
        ("2001-02-02T04:00:00", "2001-02-02T08:00:00", range(28, 33)),
        ("2001-02-02T04:00:00Z", "2001-02-02T08:00:00Z", range(28, 33)),
        ("2001-02-02T06:00:00+02:00", "2001-02-02T10:00:00+02:00", range(28, 33)),
        ("2001-02-01T22:00:00-06:00", "2001-02-02T02:00:00-06:00", range(28, 33)),
        ("2001-02-02T04:00:00.000001", "2001-02-02T08:00:00", range(29, 33)),
        ("2001-02-02T04:00:00", "2001-02-02T07:59:59.999999", range(28, 32)),
        ("2001-02-02T04:00:00", "2001-02-02", range(28, 48)),
        ("20010202", "20010202", range(24, 48)),
        ("2001-W05-5", "2001W055", range(24, 48)),
        ("2001W06", "2001-W06", range(96, 120)),  # the start of an ISO week is its Monday
        ("20010202T040000Z", "2001W055T08", range(28, 33)),
    ],
)
def test_date_filter_covers_days_or_instants(
    scene: tuple[Shopper, list[Order], str], start: str, end: str, hours: range
) -> None:
    root, orders, _ = scene

    matches = root.search(query(start_date=start, end_date=end)).json

    expected = [order for order in orders if (at(order) - LONG_AGO) / timedelta(hours=1) in hours]
    assert matches == expected != []


@pytest.mark.clause("002-09")
@pytest.mark.parametrize("end", ["9999-12-31", "99991231", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59+12:00"])
@pytest.mark.parametrize("start", ["0001-01-01", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00-12:00"])
def test_date_filter_accepts_calendar_limits(root: Shopper, ann: Shopper, start: str, end: str) -> None:
    order = ann.ordered((root.product(), 1))

    response = root.search(query(user_id=ann.subject, start_date=start, end_date=end))

    assert (response.status_code, response.json) == (200, [order])
    assert root.search(query(user_id=ann.subject, start_date="9999-12-31")).json == []


@pytest.mark.clause("002-09")
@pytest.mark.parametrize(
    ("minimum", "maximum", "amounts"),
    [
        ("5", "5", {5}),
        ("5.00", "7.5", {5, 7.5}),
        ("5.01", "7.49", set()),
        ("15", "", {15}),
        ("15.01", "", set()),
        ("0", "2.5", {2.5}),
    ],
)
def test_amount_filter_is_inclusive(
    scene: tuple[Shopper, list[Order], str], minimum: str, maximum: str, amounts: set[float]
) -> None:
    root, _, _ = scene
    values = {"min_amount": minimum, "max_amount": maximum}

    matches = root.search(query(end_date="2001-02-09", **{name: value for name, value in values.items() if value})).json

    assert {order["total_amount"] for order in matches} == amounts


@pytest.mark.clause("002-09")
def test_amount_filter_uses_default_currency(root: Shopper, ann: Shopper) -> None:
    ann.ordered((root.product(price=700, currency="JPY"), 1))

    assert root.search(query(user_id=ann.subject, min_amount=0)).json == []
    assert len(root.search(query(user_id=ann.subject)).json) == 1


@pytest.mark.clause("002-09", "002-18", "002-20")
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        *((f"{name}={value}", name) for name, values in WRONG.items() for value in values),
        ("start_date=2026-05-02&end_date=2026-05-01", "start_date"),
        ("start_date=2026-05-01T12:00&end_date=2026-05-01T11:59:59", "start_date"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_invalid_filter_is_400(root: Shopper, wrong: str, field: str) -> None:
    assert errors(root.search(wrong)).keys() == {field}
    if field in {"skip", "limit"}:
        assert errors(root.mine(wrong)).keys() == {field}


@pytest.mark.clause("002-18")
@pytest.mark.parametrize(
    "wrong", ["min_amount=1.005", "max_amount=0.001", "min_amount=9999999999999999", "max_amount=10000000000.01"]
)
def test_amount_filter_with_bad_scale_is_400(root: Shopper, wrong: str) -> None:
    assert errors(root.search(wrong)).keys() == {wrong.partition("=")[0]}


@pytest.mark.clause("002-22")
@pytest.mark.parametrize(
    "subject", [SQL, "'; DROP TABLE orders; --", "<script>alert(1)</script>", "%", "_", "ö💡", "a b+c&d=e", "\\"]
)
def test_user_filter_treats_code_as_text(stack: Stack, root: Shopper, subject: str) -> None:
    tea = root.product()
    odd, plain = shopper(stack, f"{subject}{uuid4().hex[:6]}"), shopper(stack)
    order = odd.ordered((tea, 1))
    plain.ordered((tea, 1))

    response = root.search(f"user_id={quote(odd.subject)}")

    assert response.json == [order]
    assert order["user_id"] == odd.subject
    assert root.search(f"user_id={quote(subject)}").json == []


@pytest.mark.clause("002-11")
def test_own_orders_are_paged_newest_first(root: Shopper, ann: Shopper, bob: Shopper) -> None:
    tea = root.product()
    orders = [ann.ordered((tea, 1)) for _ in range(12)][::-1]
    bob.ordered((tea, 1))

    assert ann.mine().json == orders[:10]
    assert ann.mine("limit=1000").json == orders
    assert ann.mine("skip=10").json == orders[10:]
    assert ann.mine("skip=3&limit=4").json == orders[3:7]
    assert ann.mine("skip=12").json == ann.mine("skip=100000").json == []


@pytest.mark.clause("002-05", "002-11")
def test_admin_own_orders_exclude_others(root: Shopper, ann: Shopper) -> None:
    ann.ordered((root.product(), 1))

    assert root.mine().json == []


@pytest.mark.clause("002-15", "002-23")
@pytest.mark.parametrize("limit", [1, 7, 47, 48, 49])
def test_links_yield_every_order_once(scene: tuple[Shopper, list[Order], str], limit: int) -> None:
    root, orders, _ = scene

    pages = list(linked(root, f"/api/v1/orders/?end_date=2001-02-09&limit={limit}"))

    assert [order for page in pages for order in page] == orders
    assert {len(page) for page in pages[:-1]} <= {limit}


@pytest.mark.clause("002-15", "002-23")
def test_links_preserve_all_filters(scene: tuple[Shopper, list[Order], str]) -> None:
    root, orders, first = scene
    conditions = query(end_date="2001-02-09", user_id=first, min_amount="5", limit=2)

    pages = list(linked(root, f"/api/v1/orders/?{conditions}"))

    expected = [order for order in orders if order["user_id"] == first and order["total_amount"] >= 5]
    assert [order for page in pages for order in page] == expected
    assert len(pages) > 3


@pytest.mark.clause("002-15", "002-23")
def test_links_are_stable_during_inserts(root: Shopper, ann: Shopper) -> None:
    tea = root.product()
    orders = [ann.ordered((tea, 1)) for _ in range(15)][::-1]

    seen = []
    for page in linked(root, f"/api/v1/orders/?user_id={ann.subject}&limit=4"):
        seen += page
        ann.ordered((tea, 1))
        ann.delete(ann.ordered((tea, 1)))

    assert seen == orders


def test_skip_and_limit_yield_every_order(scene: tuple[Shopper, list[Order], str]) -> None:
    root, orders, _ = scene

    pages = [root.search(query(end_date="2001-02-09", skip=skip, limit=20)).json for skip in (0, 20, 40, 60)]

    assert pages == [orders[:20], orders[20:40], orders[40:], []]


def linked(root: Shopper, url: str) -> Iterator[list[Order]]:
    """Follow the links from this page and yield the pages."""
    while url:
        response = root.ask("GET", url)
        assert response.status_code == 200
        yield response.json
        url = "".join(re.findall(r'<(.+)>; rel="next"', response.headers.get("Link", "")))


@pytest.mark.clause("002-09")
def test_amounts_are_in_the_given_currency(stack: Stack, root: Shopper) -> None:
    ann = stack.caller()
    for currency in ("EUR", "USD", "JPY"):
        ann.post({"items": [], "total_price": 5, "currency": currency}, path="/orders/")

    found = {
        given: [order["currency"] for order in root.search(f"user_id={ann.subject}{given}").json]
        for given in ("", "&min_amount=1", "&currency=EUR", "&currency=JPY&max_amount=5", "&currency=EUR&min_amount=6")
    }

    assert found == {
        "": ["JPY", "USD", "EUR"],
        "&min_amount=1": ["USD"],
        "&currency=EUR": ["EUR"],
        "&currency=JPY&max_amount=5": ["JPY"],
        "&currency=EUR&min_amount=6": [],
    }


@pytest.mark.clause("002-09")
def test_search_dates_are_days_of_the_zone(stack: Stack, root: Shopper) -> None:
    ann = stack.caller()
    ann.place()
    there = datetime.now(ZoneInfo("Pacific/Kiritimati")).date()
    days = [there - timedelta(days=1), there, there + timedelta(days=1)]

    found = [
        len(root.search(f"user_id={ann.subject}&tz=Pacific/Kiritimati&start_date={day}&end_date={day}").json)
        for day in days
    ]

    assert found in ([0, 1, 0], [1, 0, 0])  # the second if midnight was there meanwhile
    assert root.search("tz=Europe/Atlantis").status_code == 400
