"""Authentication: a missing, malformed, expired or forged token is rejected on every route."""

import json
import time
from collections.abc import Callable, Iterator

import jwt
import pytest

from orders_domain import Role
from tests.support.client import TEA, Caller, ask, refused
from tests.support.depth import deep
from tests.support.invalid_tokens import forged_tokens
from tests.support.secrets import JWT_SECRET
from tests.support.service_stack import Stack

# Trailing space belongs to the header, not to the token: without it these tokens are valid.
SPACE_AROUND = {"a space before", "a space after", "a newline after"}
FORGED = [(label, token) for label, token in forged_tokens(JWT_SECRET, "alice-forged") if label not in SPACE_AROUND]
SCHEMES = ["", "Bearer", "Bearer ", "Bearer  ", "Basic {}", "Token {}", "{}", "Bearer:{}", "Bearer{}", "Bearer {},{}"]
SHARES = 5  # in a short run, each route is sent every fifth forged token, so that five routes are sent each of them
ROUTES = ["POST /orders/", "GET /orders/{id}", "HEAD /orders/{id}", "PATCH /orders/{id}", "GET /orders/user/{user}"]
BODIES = {"POST": {"items": [TEA], "total_price": 75}, "PATCH": {"status": "CANCELED"}}


def forged_for(number: int) -> list[tuple[str, str]]:
    """Return the forged tokens for the route with a number: all of them in a deep run."""
    return FORGED if deep() else FORGED[number % SHARES :: SHARES]


def as_a_server_hears_it(header: str) -> str:
    """The header as a WSGI server passes it on: its bytes decoded as Latin-1."""
    return header.encode("utf-8", "surrogatepass").decode("latin-1")


@pytest.fixture(params=ROUTES)
def opened_by(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Callable[[str | None], bool]]:
    """Send each header as Authorization to a route. No request may create or change an order."""
    owner = stack.caller("alice-forged")
    order = owner.place()
    method, path = request.param.format(id=order["id"], user=owner.subject).split()
    before = stack.everything()
    body = json.dumps(BODIES.get(method))

    def opened(authorization: str | None) -> bool:
        environ = {} if authorization is None else {"HTTP_AUTHORIZATION": as_a_server_hears_it(authorization)}
        response = ask(stack.app, method, path, data=body, content_type="application/json", environ_overrides=environ)
        if method != "HEAD" and response.status_code == 401:
            assert refused(response, 401)["detail"] == "The bearer token is missing or not valid."
        return response.status_code != 401 or response.headers["WWW-Authenticate"] != 'Bearer error="invalid_token"'

    yield opened
    assert stack.everything() == before
    assert stack.cached(order) is None


def test_forgery_table_has_100_entries() -> None:
    assert len(FORGED) >= 100


@pytest.mark.clause("000-06")
@pytest.mark.parametrize("prefix", ["/orders", "/api/v1/orders", "/api/v1/products", "/ostore/orders", "/api/orders"])
@pytest.mark.parametrize("path", ["abc", "abc1", "0", "a/b", "a/status", "1/nothing"])
@pytest.mark.parametrize("token", [None, "none.of.ours"])
def test_unauthenticated_unknown_route_is_401(
    stack: Stack, ann: Caller, prefix: str, path: str, token: str | None
) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}

    response = ask(stack.app, "GET", f"{prefix}/{path}", headers=headers)

    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')
    assert ann.ask("GET", f"{prefix}/{path}").status_code == 404


@pytest.mark.parametrize("path", ["/auth/nothing", "/nothing", "/ordersx", "/api/nothing"])
def test_unknown_route_outside_contracts_is_404(stack: Stack, path: str) -> None:
    assert ask(stack.app, "GET", path).status_code == 404


@pytest.mark.clause("000-06", "000-10", "000-14", "000-17")
def test_forged_token_is_rejected_on_routes(
    request: pytest.FixtureRequest, opened_by: Callable[[str | None], bool]
) -> None:
    number = ROUTES.index(request.node.callspec.params["opened_by"])

    assert [label for label, token in forged_for(number) if opened_by(f"Bearer {token}")] == []


@pytest.mark.clause("000-06", "000-10", "000-14", "000-17")
def test_missing_bearer_token_is_rejected(stack: Stack, opened_by: Callable[[str | None], bool]) -> None:
    good = stack.caller("alice-forged").token

    assert not opened_by(None)
    assert [scheme for scheme in SCHEMES if opened_by(scheme.replace("{}", good))] == []


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_bearer_scheme_is_case_insensitive(ann: Caller, scheme: str) -> None:
    assert ann.ask("GET", f"/orders/user/{ann.subject}", headers={"Authorization": f"{scheme} {ann.token}"}).json == []


def test_expired_token_is_rejected(stack: Stack) -> None:
    mint = stack.container.issue_dev_token
    fresh = mint(subject="alice-late", role=Role.CUSTOMER, scopes=(), seconds=60)
    stale = mint(subject="alice-late", role=Role.CUSTOMER, scopes=(), seconds=0)

    responses = [
        ask(stack.app, "GET", "/orders/user/alice-late", headers={"Authorization": f"Bearer {token}"})
        for token in (fresh, stale)
    ]

    assert [response.status_code for response in responses] == [200, 401]


@pytest.mark.parametrize("claims", [{"scope": ["orders:write"]}, {"scope": ""}, {"role": "wizard"}, {"jti": "1"}])
def test_extra_claims_are_accepted(stack: Stack, claims: dict[str, object]) -> None:
    body = {"sub": "alice-more", "exp": int(time.time()) + 60} | claims
    token = jwt.encode(body, JWT_SECRET, algorithm="HS256")

    assert Caller(app=stack.app, subject="alice-more", token=token).list().status_code == 200


def test_unauthenticated_request_is_401_first(stack: Stack) -> None:
    response = ask(stack.app, "POST", "/orders/", data=b"x" * 2_000_000, content_type="text/plain")

    refused(response, 401)
