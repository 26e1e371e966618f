"""GET /orders/{id}: visible to the owner only."""

from uuid import UUID, uuid4

import pytest

from tests.support.client import Caller, ask, refused
from tests.support.service_stack import Stack


@pytest.mark.clause("000-07", "001-06", "001-08")
def test_own_order_is_returned(ann: Caller) -> None:
    order = ann.place()

    first, second = ann.get(order), ann.get(order)

    assert (first.status_code, first.json) == (200, order)
    assert (second.status_code, second.json) == (200, order)


@pytest.mark.clause("000-09")
@pytest.mark.parametrize("reference", [str(UUID(int=7)), "1", "nonsense", "0", "{}", "%00", "%FF", "x" * 5_000, "'--"])
def test_unknown_order_is_404(ann: Caller, reference: str) -> None:
    ann.place()

    body = refused(ann.ask("GET", f"/orders/{reference}"), 404)

    assert body["detail"] == "There is no such order."


@pytest.mark.clause("000-09", "001-06")
@pytest.mark.parametrize("cached", [False, True])
def test_order_of_another_customer_is_404(stack: Stack, ann: Caller, cached: bool) -> None:
    bob, order = stack.caller(), ann.place()
    if cached:
        ann.get(order)

    response = bob.get(order)

    assert refused(response, 404) == refused(bob.ask("GET", f"/orders/{uuid4()}"), 404)
    assert "ETag" not in response.headers
    assert ann.subject not in response.text


@pytest.mark.clause("000-10")
@pytest.mark.parametrize("cached", [False, True])
def test_get_without_token_is_401(stack: Stack, ann: Caller, cached: bool) -> None:
    order = ann.place()
    if cached:
        ann.get(order)

    response = ask(stack.app, "GET", f"/orders/{order['id']}")

    refused(response, 401)
    assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_head_returns_etag_without_body(ann: Caller) -> None:
    order = ann.place()

    response = ann.ask("HEAD", f"/orders/{order['id']}")

    assert (response.status_code, response.data, response.headers["ETag"]) == (200, b"", '"1"')
