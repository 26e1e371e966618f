"""Conditional requests: ETag, If-None-Match and If-Match (RFC 9110)."""

import pytest

from tests.support.client import Caller, refused
from tests.support.service_stack import Stack


def test_etag_changes_with_the_order(ann: Caller) -> None:
    order = ann.place()

    before = [ann.get(order).headers["ETag"] for _ in range(2)]
    changed = ann.patch(order, "PAID").headers["ETag"]
    after = [ann.get(order).headers["ETag"] for _ in range(2)]

    assert before == ['"1"', '"1"']
    assert [changed, *after] == ['"2"'] * 3


@pytest.mark.parametrize("cached", [False, True])
@pytest.mark.parametrize("known", ['"1"', "*", 'W/"1"', '"7", "1"', '"7","1" , W/"9"', 'W/"0", W/"1"'])
def test_matching_if_none_match_is_304(ann: Caller, known: str, cached: bool) -> None:
    order = ann.place()
    if cached:
        ann.get(order)

    response = ann.get(order, **{"If-None-Match": known})

    assert (response.status_code, response.data) == (304, b"")
    assert response.headers["ETag"] == '"1"'
    assert "Content-Type" not in response.headers


@pytest.mark.parametrize("known", ['"2"', 'W/"2"', '"11"', '"1 "', '""', '"7", "8"', "", '"*"'])
def test_other_if_none_match_is_200(ann: Caller, known: str) -> None:
    order = ann.place()

    response = ann.get(order, **{"If-None-Match": known})

    assert (response.status_code, response.json) == (200, order)


def test_stale_if_none_match_is_200(ann: Caller) -> None:
    order = ann.place()
    ann.patch(order, "PAID")

    response = ann.get(order, **{"If-None-Match": '"1"'})

    assert (response.status_code, response.json["status"]) == (200, "PAID")


@pytest.mark.parametrize("if_match", ['"1"', "*", '"7", "1"', '"7","1"', 'W/"1", "1"', ' "x" ,  "1" '])
def test_matching_if_match_applies_the_change(ann: Caller, if_match: str) -> None:
    order = ann.place()

    response = ann.patch(order, "PAID", {"If-Match": if_match})

    assert (response.status_code, response.json["status"]) == (200, "PAID")


@pytest.mark.parametrize(
    "if_match",
    [
        '"2"',
        'W/"1"',
        '"7", "8"',
        "",
        '"x"',
        '"１"',
        '"1"x"',
        f'"{"1" * 5_000}"',
        "1",
        '"01"',
        '"1',
        '1"',
        "7, 1",
        '" 1"',
        '"7;1"',
    ],
)
@pytest.mark.parametrize("status", ["PAID", "PENDING"])
def test_other_if_match_is_412(stack: Stack, ann: Caller, if_match: str, status: str) -> None:
    order = ann.place()
    before = stack.everything()

    body = refused(ann.patch(order, status, {"If-Match": if_match.encode().decode("latin-1")}), 412)

    assert '"1"' in body["detail"]
    assert stack.everything() == before


@pytest.mark.clause("000-11")
def test_concurrent_if_match_has_one_winner(ann: Caller) -> None:
    order = ann.place()

    responses = [ann.patch(order, status, {"If-Match": '"1"'}) for status in ("PAID", "CANCELED")]

    assert [response.status_code for response in responses] == [200, 412]
    assert ann.get(order).json["status"] == "PAID"
