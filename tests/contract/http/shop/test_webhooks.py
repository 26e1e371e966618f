"""Webhooks over HTTP: for administrators only, with a secret that is shown once, and a log of deliveries."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from orders_adapters.testing.examples import ADMIN
from orders_domain import Role
from orders_domain.use_cases import webhooks
from tests.contract.http.shop.client import problem
from tests.support.client import Answer, Caller, as_json
from tests.support.service_stack import Stack

URL = "https://hooks.example.com/orders"


@pytest.fixture
def admin(stack: Stack) -> Iterator[Caller]:
    """An administrator of a store without endpoints, before and after the test."""
    remove_all(stack)
    yield stack.caller(role=Role.ADMIN)
    remove_all(stack)


def remove_all(stack: Stack) -> None:
    endpoints = stack.container.store().webhooks
    for endpoint in endpoints.list():
        endpoints.remove(endpoint.id)


def ask(caller: Caller, method: str, path: str, body: object = None) -> Answer:
    sent = {} if body is None else as_json(body)
    return caller.ask(method, f"/v1/webhooks{path}", **sent)


def added(caller: Caller, **members: Any) -> dict[str, Any]:
    response = ask(caller, "POST", "", {"url": URL, **members})
    assert response.status_code == 201, response.text
    return dict(response.json)


def test_secret_is_shown_once(admin: Caller) -> None:
    response = ask(admin, "POST", "", {"url": "HTTPS://Hooks.example.com/orders", "ordered": True})

    webhook = response.json
    assert (response.status_code, webhook["url"], webhook["types"]) == (201, URL, None)
    assert webhook["secret"].startswith("whsec_")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Location"].endswith(f"/v1/webhooks/{webhook['id']}")
    shown = ask(admin, "GET", f"/{webhook['id']}").json
    assert shown == {name: value for name, value in webhook.items() if name != "secret"}
    assert ask(admin, "GET", "").json == {"data": [shown]}
    rotated = ask(admin, "POST", f"/{webhook['id']}/rotate-secret", {"overlap_seconds": 60}).json
    assert rotated["secret"] not in {webhook["secret"], ""}
    assert "whsec_" not in ask(admin, "GET", "").text


def test_states_change_and_end(admin: Caller) -> None:
    webhook = added(admin)["id"]

    disabled = [ask(admin, "POST", f"/{webhook}/disable").json for _ in range(2)]
    assert [(each["state"], each["disabled_reason"]) for each in disabled] == [("disabled", "requested")] * 2
    problem(ask(admin, "POST", f"/{webhook}/test"), 409, "webhook_disabled")
    enabled = ask(admin, "POST", f"/{webhook}/enable").json
    assert (enabled["state"], enabled["disabled_reason"]) == ("enabled", None)
    assert [ask(admin, "DELETE", f"/{webhook}").status_code for _ in range(2)] == [204, 404]
    assert ask(admin, "GET", "").json == {"data": []}


def test_test_delivery_is_in_the_log(admin: Caller) -> None:
    webhook = added(admin)["id"]
    deliveries = [ask(admin, "POST", f"/{webhook}/test") for _ in range(3)]

    assert [each.status_code for each in deliveries] == [202] * 3
    page = ask(admin, "GET", f"/{webhook}/deliveries?limit=2")
    assert [each["id"] for each in page.json["data"]] == [each.json["id"] for each in reversed(deliveries[1:])]
    assert page.json["data"][0] == deliveries[2].json
    assert (page.json["data"][0]["type"], page.json["data"][0]["state"]) == ("orders.webhook_test.v1", "waiting")
    rest = ask(admin, "GET", f"/{webhook}/deliveries?cursor={page.json['next_cursor']}").json
    assert ([each["id"] for each in rest["data"]], rest["next_cursor"]) == ([deliveries[0].json["id"]], None)
    assert ask(admin, "GET", f"/{webhook}/deliveries?state=failed").json["data"] == []
    first = deliveries[0].json["id"]
    assert ask(admin, "POST", f"/{webhook}/deliveries/{first}/redeliver").status_code == 204


@pytest.mark.parametrize("delivery", ["0", "-1", "x", "99999999", "9" * 19, "9" * 40, "%20"])
def test_unknown_delivery_is_404(admin: Caller, delivery: str) -> None:
    webhook = added(admin)["id"]

    assert ask(admin, "POST", f"/{webhook}/deliveries/{delivery}/redeliver").status_code == 404


def test_other_callers_are_refused(stack: Stack) -> None:
    everything = ("orders:read", "orders:write", "payments:write", "stock:write")
    for caller in (stack.caller(), stack.caller(scopes=everything)):
        problem(ask(caller, "POST", "", {"url": URL}), 403, "access_denied")
        problem(ask(caller, "GET", ""), 403, "access_denied")
        problem(ask(caller, "GET", f"/{uuid4()}"), 403, "access_denied")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": 7},
        {"url": ""},
        {"url": "http://hooks.example.com/"},
        {"url": "https://10.0.0.1/"},
        {"url": "https://2130706433/"},
        {"url": "https://ann@hooks.example.com/"},
        {"url": f"{URL}\r\nX: 1"},
        {"url": f"{URL}/{'a' * 65_536}"},
        {"url": URL, "types": []},
        {"url": URL, "types": ["orders.*"]},
        {"url": URL, "types": "orders.order_placed.v1"},
        {"url": URL, "types": ["orders.order_placed.v1"] * 1_000},
        {"url": URL, "ordered": "true"},
        {"url": URL, "secret": "whsec_AAAA"},
    ],
)
def test_bad_endpoint_is_refused(admin: Caller, body: dict[str, Any]) -> None:
    refused = problem(ask(admin, "POST", "", body), 422, "invalid_request")

    assert len(str(refused)) < 5_000
    assert ask(admin, "GET", "").json == {"data": []}


@pytest.mark.parametrize("seconds", [-1, 604_801, "60", 1.5, True])
def test_bad_overlap_is_refused(admin: Caller, seconds: object) -> None:
    webhook = added(admin)["id"]

    problem(ask(admin, "POST", f"/{webhook}/rotate-secret", {"overlap_seconds": seconds}), 422, "invalid_request")


def test_url_has_one_endpoint(admin: Caller) -> None:
    added(admin)

    problem(ask(admin, "POST", "", {"url": URL}), 409, "webhook_exists")


def test_endpoints_are_bounded(stack: Stack, admin: Caller) -> None:
    for number in range(100):
        request = webhooks.AddWebhook(actor=ADMIN, url=f"https://hooks.example.com/{number}")
        stack.container.add_webhook(request)

    problem(ask(admin, "POST", "", {"url": URL}), 409, "too_many_webhooks")
