"""GET /orders/user/{user_id}: the owner's orders, newest first, with paging."""

import re
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.client import Caller, ask, refused
from tests.support.service_stack import Stack

NEXT = re.compile(r'<(?P<url>[^>]+)>; rel="next"')


def followed(caller: Caller, query: str) -> list[list[dict[str, Any]]]:
    """Follow the `next` links and return the pages."""
    response = caller.list(query)
    pages = [response.json]
    while "Link" in response.headers:
        link = NEXT.fullmatch(response.headers["Link"])
        assert link
        response = caller.ask("GET", link["url"])
        assert response.status_code == 200
        pages.append(response.json)
    return pages


@pytest.mark.clause("000-15", "001-06", "001-08")
def test_list_has_own_orders_newest_first(stack: Stack, ann: Caller) -> None:
    bob = stack.caller()
    placed = [ann.place() for _ in range(5)]
    bob.place()

    response = ann.list()

    assert (response.status_code, response.json) == (200, placed[::-1])
    assert "Link" not in response.headers


def test_list_shows_current_status(ann: Caller) -> None:
    order = ann.place()
    changed = ann.patch(order, "PAID").json

    assert ann.list().json == [changed]


def test_list_without_orders_is_empty(ann: Caller) -> None:
    response = ann.list()

    assert (response.status_code, response.json) == (200, [])


@pytest.mark.clause("000-16", "001-06")
def test_list_of_another_user_is_403(stack: Stack, ann: Caller) -> None:
    order = ann.place()

    response = stack.caller().list(of=ann.subject)

    refused(response, 403)
    assert order["id"] not in response.text


@pytest.mark.clause("000-17")
def test_list_without_token_is_401(stack: Stack, ann: Caller) -> None:
    order = ann.place()

    response = ask(stack.app, "GET", f"/orders/user/{ann.subject}")

    refused(response, 401)
    assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert order["id"] not in response.text


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (8, [7])])
def test_links_yield_every_order_once(ann: Caller, limit: int, sizes: list[int]) -> None:
    placed = [ann.place() for _ in range(7)]

    pages = followed(ann, f"?limit={limit}")

    assert [len(page) for page in pages] == sizes
    assert [order for page in pages for order in page] == placed[::-1]


def test_pages_are_stable_during_inserts(ann: Caller) -> None:
    placed = [ann.place() for _ in range(4)]
    first = ann.list("?limit=2")
    ann.place()

    link = NEXT.fullmatch(first.headers["Link"])

    assert link
    assert first.json + ann.ask("GET", link["url"]).json == placed[::-1]


def test_page_has_100_orders_by_default(ann: Caller) -> None:
    for _ in range(101):
        ann.place()

    default, largest = ann.list(), ann.list("?limit=1000")

    assert (len(default.json), len(largest.json)) == (100, 101)
    assert "Link" in default.headers
    assert "Link" not in largest.headers


@pytest.mark.parametrize("path", ["/orders/user/{}", "/orders/user/{}/"])
def test_list_accepts_trailing_slash(ann: Caller, path: str) -> None:
    order = ann.place()

    response = ann.ask("GET", path.format(ann.subject))

    assert (response.status_code, response.json) == (200, [order])


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    "subject",
    ["auth0|12", "a/b c", "Zoë & ☕?#%", "a" * 255, "..", "user", "+1@x.org", "/ann", "ann/", "//ann//", "/", "//",
     "an\nn", "\nann", "ann\n", "\n", "\r\n/"],
)  # fmt: skip
def test_list_link_supports_any_user_name(stack: Stack, subject: str, slash: str) -> None:
    caller = stack.caller(subject)
    for _ in range(3):
        caller.place()

    first = caller.ask("GET", f"/orders/user/{quote(subject, safe='')}{slash}?limit=1")
    link = NEXT.fullmatch(first.headers["Link"])

    assert link
    assert {order["user_id"] for order in caller.ask("GET", link["url"]).json} == {subject}


BAD_QUERIES = [
    "limit=0", "limit=-1", "limit=1001", "limit=ten", "limit=", "limit=1.5", f"limit={'9' * 5_000}", "limit=NaN",
    "limit=1e2", "limit=%00", "cursor=", "cursor=nonsense", "cursor=AAAA", "cursor=%00", "cursor=%F0%9F%8D%B5",
    f"cursor={'f' * 32}", f"cursor={'A' * 5_000}", "limit=1&cursor=1",
]  # fmt: skip


@pytest.mark.parametrize("query", BAD_QUERIES, ids=lambda query: str(query)[:20])
def test_invalid_query_is_422(ann: Caller, query: str) -> None:
    body = refused(ann.list(f"?{query}"), 422)

    assert body["errors"].keys() == {query.rpartition("&")[2].partition("=")[0]}


def test_cursor_of_another_user_grants_nothing(stack: Stack, ann: Caller) -> None:
    bob = stack.caller()
    ann_placed = [ann.place() for _ in range(2)]
    for _ in range(2):
        bob.place()
    link = NEXT.fullmatch(bob.list("?limit=1").headers["Link"])
    assert link

    mine = ann.list(f"?{link['url'].partition('?')[2]}")

    assert {order["id"] for order in mine.json} <= {order["id"] for order in ann_placed}
