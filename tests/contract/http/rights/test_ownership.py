"""Order ownership: no role and no scope grants access to another user's order."""

from collections.abc import Callable

import pytest

from orders_domain import Role
from tests.support.client import Caller, refused
from tests.support.service_stack import Stack

STRANGERS: dict[str, Callable[[Stack], Caller]] = {
    "a customer": lambda stack: stack.caller(),
    "an administrator": lambda stack: stack.caller(role=Role.ADMIN),
    "orders:write": lambda stack: stack.caller(scopes=("orders:write",)),
    "an administrator with every scope": lambda stack: stack.caller(
        role=Role.ADMIN, scopes=("orders:write", "orders:read", "*", "admin")
    ),
}


@pytest.fixture(params=STRANGERS)
def stranger(request: pytest.FixtureRequest, stack: Stack) -> Caller:
    caller = STRANGERS[request.param](stack)
    caller.place()
    return caller


@pytest.mark.clause("000-09", "000-13", "000-16", "001-06")
@pytest.mark.parametrize("cached", [False, True])
def test_stranger_cannot_read_or_change(stack: Stack, ann: Caller, stranger: Caller, cached: bool) -> None:
    order = ann.place()
    if cached:
        ann.get(order)
    before, copy = stack.everything(), stack.cached(order)

    refused(stranger.get(order), 404)
    for status in ("PENDING", "PAID", "SHIPPED", "CANCELED"):
        refused(stranger.patch(order, status), 404)
        refused(stranger.patch(order, status, {"If-Match": '"1"'}), 404)
        refused(stranger.patch(order, status, {"If-Match": '"7"'}), 404)
    refused(stranger.patch(order, "LOST"), 422)
    refused(stranger.list(of=ann.subject), 403)
    for method in ("PUT", "DELETE", "POST"):
        refused(stranger.ask(method, f"/orders/{order['id']}"), 405)

    assert stack.everything() == before
    assert (stack.cached(order) is None) == (copy is None) == (not cached)
    assert stack.cached(order) == copy
    assert ann.get(order).json == order


@pytest.mark.clause("000-09")
def test_stranger_with_etag_is_404(ann: Caller, stranger: Caller) -> None:
    order = ann.place()
    ann.get(order)

    refused(stranger.get(order, **{"If-None-Match": '"1"'}), 404)
    refused(stranger.get(order, **{"If-None-Match": "*"}), 404)


@pytest.mark.clause("000-04")
def test_body_cannot_set_the_owner(ann: Caller, stack: Stack) -> None:
    bob = stack.caller()
    body = {"items": [{"sku": "tea"}], "total_price": 1, "user_id": bob.subject}

    errors = refused(ann.post(body), 422)["errors"]

    assert errors == {"user_id": ["Unknown field."]}
    assert bob.list().json == ann.list().json == []


@pytest.mark.parametrize("name", ["{}.", "{} ", "{}%20", "{}%00", "{}/..", "./{}", "%2e/{}"])
def test_similar_user_name_is_rejected(ann: Caller, name: str) -> None:
    ann.place()

    response = ann.ask("GET", f"/orders/user/{name.format(ann.subject)}")

    assert response.status_code in {403, 404}
    assert ann.subject not in response.text


def test_user_name_is_case_sensitive(stack: Stack) -> None:
    stack.caller("Alice-Case").place()

    refused(stack.caller("alice-case").list(of="Alice-Case"), 403)
