"""SQL statement counts of the contract `orders`."""

import re

import pytest

from tests.support.client import TEA, Caller
from tests.support.servers.redis import round_trips
from tests.support.service_stack import Stack


@pytest.mark.parametrize("first_order", [True, False])
def test_order_placement_uses_few_statements(stack: Stack, ann: Caller, first_order: bool) -> None:
    if not first_order:
        ann.place()

    with stack.statements() as sent, stack.transactions() as seen:
        response = ann.post({"items": [TEA] * 50, "total_price": 75 * 50})

    assert response.status_code == 201
    if first_order or stack.settings.uses_default_database:
        assert len(sent) <= 5 + (not stack.settings.uses_default_database), sent
        assert seen[-2:] == ["begin", "commit"]
    else:
        assert len(sent) == 1, sent


def test_order_change_uses_5_statements(stack: Stack, ann: Caller) -> None:
    order = ann.place()

    with stack.statements() as sent, stack.transactions() as seen:
        response = ann.patch(order, "PAID")

    assert response.status_code == 200
    assert len(sent) <= 5, sent
    assert seen == ["begin", "commit"]


def test_list_page_uses_one_statement(stack: Stack, ann: Caller) -> None:
    for _ in range(7):
        ann.place()

    costs, url = [], f"/orders/user/{ann.subject}?limit=2"
    while url:
        with stack.statements() as sent:
            response = ann.ask("GET", url)
        costs.append(len(sent))
        url = "".join(re.findall(r"<(.+)>", response.headers.get("Link", "")))

    assert costs == [1, 1, 1, 1]


@pytest.mark.parametrize("path", ["/", "/healthz", "/openapi.json", "/docs", "/nothing"])
def test_routes_without_orders_use_no_statement(stack: Stack, ann: Caller, path: str) -> None:
    with stack.statements() as sent, round_trips() as trips:
        ann.ask("GET", path)

    assert (sent, trips) == ([], [])


@pytest.mark.clause("002-24")
def test_revocation_check_uses_redis_only(stack: Stack, ann: Caller) -> None:
    ann.list()

    with stack.statements_about_tokens() as sent, round_trips() as trips:
        assert ann.ask("GET", "/orders/none").status_code == 404

    assert sent == []
    assert len(trips) == (1 if stack.settings.redis_url else 0), trips
