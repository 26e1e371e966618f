"""GET /orders/{id}: one's own order, and not a word of anybody else's."""

from uuid import UUID, uuid4

import pytest

from tests.support.client import Caller, ask, refused
from tests.support.service_stack import Stack


@pytest.mark.clause("000-07", "001-06", "001-08")
def test_one_s_own_order_is_shown(ann: Caller) -> None:
    order = ann.place()

    first, second = ann.get(order), ann.get(order)

    assert (first.status_code, first.json) == (200, order)
    assert (second.status_code, second.json) == (200, order)


@pytest.mark.clause("000-09")
@pytest.mark.parametrize("reference", [str(UUID(int=7)), "1", "nonsense", "0", "{}", "%00", "%FF", "x" * 5_000, "'--"])
def test_an_order_that_there_is_not_is_not_found(ann: Caller, reference: str) -> None:
    ann.place()

    body = refused(ann.ask("GET", f"/orders/{reference}"), 404)

    assert body["detail"] == "There is no such order."


@pytest.mark.clause("000-09", "001-06")
@pytest.mark.parametrize("cached", [False, True])
def test_somebody_else_s_order_is_as_good_as_missing(stack: Stack, ann: Caller, cached: bool) -> None:
    bob, order = stack.caller(), ann.place()
    if cached:
        ann.get(order)

    answer = bob.get(order)

    assert refused(answer, 404) == refused(bob.ask("GET", f"/orders/{uuid4()}"), 404)
    assert "ETag" not in answer.headers
    assert ann.subject not in answer.text


@pytest.mark.clause("000-10")
@pytest.mark.parametrize("cached", [False, True])
def test_nobody_sees_an_order_without_a_token(stack: Stack, ann: Caller, cached: bool) -> None:
    order = ann.place()
    if cached:
        ann.get(order)

    answer = ask(stack.app, "GET", f"/orders/{order['id']}")

    refused(answer, 401)
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_head_request_tells_the_version_without_the_order(ann: Caller) -> None:
    order = ann.place()

    answer = ann.ask("HEAD", f"/orders/{order['id']}")

    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (200, b"", '"1"')
