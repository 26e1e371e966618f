"""Versions over HTTP: ETag, If-None-Match and If-Match (RFC 9110)."""

import pytest

from tests.support.client import Caller, refused
from tests.support.service_stack import Stack


def test_the_etag_is_the_same_until_the_order_changes(ann: Caller) -> None:
    order = ann.place()

    before = [ann.get(order).headers["ETag"] for _ in range(2)]
    changed = ann.patch(order, "PAID").headers["ETag"]
    after = [ann.get(order).headers["ETag"] for _ in range(2)]

    assert before == ['"1"', '"1"']
    assert [changed, *after] == ['"2"'] * 3


@pytest.mark.parametrize("cached", [False, True])
@pytest.mark.parametrize("known", ['"1"', "*", 'W/"1"', '"7", "1"', '"7","1" , W/"9"', 'W/"0", W/"1"'])
def test_an_order_one_has_already_is_not_sent_again(ann: Caller, known: str, cached: bool) -> None:
    order = ann.place()
    if cached:
        ann.get(order)

    answer = ann.get(order, **{"If-None-Match": known})

    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == '"1"'
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize("known", ['"2"', 'W/"2"', '"11"', '"1 "', '""', '"7", "8"', "", '"*"'])
def test_an_order_one_has_not_is_sent(ann: Caller, known: str) -> None:
    order = ann.place()

    answer = ann.get(order, **{"If-None-Match": known})

    assert (answer.status_code, answer.json) == (200, order)


def test_an_old_version_is_no_longer_the_one_that_one_has(ann: Caller) -> None:
    order = ann.place()
    ann.patch(order, "PAID")

    answer = ann.get(order, **{"If-None-Match": '"1"'})

    assert (answer.status_code, answer.json["status"]) == (200, "PAID")


@pytest.mark.parametrize("wanted", ['"1"', "*", '"7", "1"', '"7","1"', 'W/"1", "1"', ' "x" ,  "1" '])
def test_a_change_happens_to_the_version_that_is_named(ann: Caller, wanted: str) -> None:
    order = ann.place()

    answer = ann.patch(order, "PAID", {"If-Match": wanted})

    assert (answer.status_code, answer.json["status"]) == (200, "PAID")


@pytest.mark.parametrize(
    "wanted",
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
def test_a_change_to_another_version_is_refused(stack: Stack, ann: Caller, wanted: str, status: str) -> None:
    order = ann.place()
    before = stack.everything()

    body = refused(ann.patch(order, status, {"If-Match": wanted.encode().decode("latin-1")}), 412)

    assert '"1"' in body["detail"]
    assert stack.everything() == before


@pytest.mark.clause("000-11")
def test_of_two_changes_to_one_version_one_happens(ann: Caller) -> None:
    order = ann.place()

    answers = [ann.patch(order, status, {"If-Match": '"1"'}) for status in ("PAID", "CANCELED")]

    assert [answer.status_code for answer in answers] == [200, 412]
    assert ann.get(order).json["status"] == "PAID"
