"""Access rules of `checkout`: owner, role and scope, and forged tokens."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orders_domain import Role
from tests.contract.http.auth.test_token_verification import FORGED, SCHEMES, as_a_server_hears_it, forged_for
from tests.contract.http.checkout.carts import another, cart
from tests.contract.http.checkout.client import cancel, look, order, refused
from tests.support.client import Caller, ask
from tests.support.service_stack import Stack

NOBODY = "01a1fbae-6e87-74f6-aa47-082029bc341c"
ROLES = [Role.CUSTOMER, Role.ADMIN]
SCOPES = [(), ("orders:write",), ("orders:read",), ("orders:write2", "xorders:write"), ("orders:read", "orders:write")]
ROUTES = [
    "POST /api/orders/",
    "GET /api/orders/{order}",
    "HEAD /api/orders/{order}",
    "POST /api/orders/{order}/cancel",
    "GET /api/orders/placements/{order}",
]


@pytest.mark.clause("004-07", "004-08", "004-10")
@pytest.mark.parametrize("scopes", SCOPES, ids=" ".join)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("owner", ["ann", "bob", None])
def test_access_follows_owner_role_and_scope(
    stack: Stack, owner: str | None, role: Role, scopes: tuple[str, ...]
) -> None:
    ann = stack.caller(role=role, scopes=scopes)
    whose = ann.subject if owner == "ann" else stack.caller().subject if owner else None
    writes = role is Role.ADMIN or "orders:write" in scopes
    order_id = order(stack.caller(scopes=("orders:write",)), cart(whose)).json["orderId"]
    before = stack.everything()

    placing, shown = order(ann, another(cart(whose))), look(ann, order_id)
    unknown = look(ann, NOBODY)

    assert placing.status_code == (201 if writes or owner == "ann" else 403)
    assert shown.status_code == (200 if writes or owner == "ann" else 403)
    refused(unknown, 404)
    for response in (placing, shown):
        if response.status_code == 403:
            assert refused(response, 403).keys() == {"error"}
    if placing.status_code == 403:
        assert stack.everything() == before
        assert stack.cached({"id": order_id}) is None or shown.status_code == 403
    before = stack.everything()
    canceled = cancel(ann, order_id)
    if writes:
        assert canceled.json["order"]["userId"] == whose
        refused(cancel(ann, NOBODY), 404)
    else:
        refused(canceled, 403)
        refused(cancel(ann, NOBODY), 403)
        assert stack.everything() == before


def test_stranger_is_403_without_order_details(stack: Stack, ann: Caller) -> None:
    bob = stack.caller()
    order_id = order(ann, cart(ann.subject)).json["orderId"]

    for _ in range(2):
        response = look(bob, order_id)
        assert response.status_code == 403
        assert ann.subject not in response.text
        assert "LAMP-1" not in response.text
        look(ann, order_id)  # the order is cached from now on


@pytest.mark.parametrize("order_id", ["1", "x", "not-a-uuid", NOBODY[:-1], NOBODY + "0"])
def test_invalid_order_id_is_404(stack: Stack, operator: Caller, order_id: str) -> None:
    refused(look(operator, order_id), 404)
    refused(cancel(operator, order_id), 404)


def test_route_table_matches_the_application(stack: Stack) -> None:
    routes = {
        f"{method} {_shape(rule.rule)}"
        for rule in stack.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/orders")
    }

    assert routes == {_shape(route) for route in ROUTES if not route.startswith("HEAD")}


def _shape(path: str) -> str:
    return re.sub(r"<[^>]+>|\{[^}]+\}", "*", path).rstrip("/")


@pytest.fixture(params=ROUTES)
def opened_by(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Callable[[str | None], bool]]:
    """Send each header as Authorization to a route. No request may create or change an order."""
    owner = stack.caller("alice-forged", scopes=("orders:write",))
    order_id = order(owner, cart(owner.subject), key=request.param).json["orderId"]
    method, path = request.param.format(order=order_id).split()
    sent: dict[str, Any] = {} if path.endswith("/cancel") else {"cartSnapshot": cart(owner.subject)}
    before = stack.everything()

    def opened(authorization: str | None) -> bool:
        environ = {"HTTP_IDEMPOTENCY_KEY": "forged"}
        if authorization is not None:
            environ["HTTP_AUTHORIZATION"] = as_a_server_hears_it(authorization)
        body = json.dumps(sent)
        response = ask(stack.app, method, path, data=body, content_type="application/json", environ_overrides=environ)
        if method != "HEAD" and response.status_code == 401:
            assert response.json == {"error": "The bearer token is missing or not valid."}
        return response.status_code != 401 or response.headers["WWW-Authenticate"] != 'Bearer error="invalid_token"'

    yield opened
    assert stack.everything() == before


def test_forged_token_is_rejected_on_routes(
    request: pytest.FixtureRequest, opened_by: Callable[[str | None], bool]
) -> None:
    number = ROUTES.index(request.node.callspec.params["opened_by"])

    assert len(FORGED) >= 140
    assert [label for label, token in forged_for(number) if opened_by(f"Bearer {token}")] == []


def test_missing_bearer_token_is_rejected(stack: Stack, opened_by: Callable[[str | None], bool]) -> None:
    good = stack.caller("alice-forged").token

    assert not opened_by(None)
    assert [scheme for scheme in SCHEMES if opened_by(scheme.replace("{}", good))] == []
