"""PATCH /orders/{id}: four statuses, one lifecycle, and no change by a rejected request."""

import itertools
import sqlite3
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.support.client import Caller, as_json, ask, refused
from tests.support.service_stack import Stack

WORDS = ("PENDING", "PAID", "SHIPPED", "CANCELED")
WAY_TO = {"PENDING": (), "PAID": ("PAID",), "SHIPPED": ("PAID", "SHIPPED"), "CANCELED": ("CANCELED",)}
ALLOWED = {
    ("PENDING", "PAID"),
    ("PENDING", "SHIPPED"),
    ("PENDING", "CANCELED"),
    ("PAID", "SHIPPED"),
    ("PAID", "CANCELED"),
}
REFUSED = sorted(set(itertools.permutations(WORDS, 2)) - ALLOWED)
NO_WORDS: list[object] = [
    "CONFIRMED", "DELIVERED", "paid", "PAID ", "", "LOST", 1, True, ["PAID"], {"PAID": 1}, "PAID\0", "\ud800"
]  # fmt: skip


def order_that_is(caller: Caller, status: str) -> dict[str, Any]:
    order = caller.place()
    for word in WAY_TO[status]:
        response = caller.patch(order, word)
        assert response.status_code == 200
        order = response.json
    return order


@pytest.mark.clause("000-11", "000-03", "001-08")
@pytest.mark.parametrize(("current", "target"), sorted(ALLOWED))
def test_legal_transition_is_applied(ann: Caller, current: str, target: str) -> None:
    order = order_that_is(ann, current)

    response = ann.patch(order, target)

    changed = response.json
    assert response.status_code == 200
    assert changed == order | {"status": target, "version": order["version"] + 1, "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > order["updated_at"]
    assert response.headers["ETag"] == f'"{changed["version"]}"'
    assert ann.get(order).json == changed


@pytest.mark.clause("000-03")
@pytest.mark.parametrize(("current", "target"), REFUSED)
def test_illegal_transition_is_409(stack: Stack, ann: Caller, current: str, target: str) -> None:
    order = order_that_is(ann, current)
    before = stack.everything()

    body = refused(ann.patch(order, target), 409)

    assert f"is {current} cannot become {target}" in body["detail"]
    assert stack.everything() == before
    assert ann.get(order).json == order


@pytest.mark.clause("000-11")
def test_absent_or_null_status_changes_nothing(stack: Stack, ann: Caller) -> None:
    order = ann.place()
    path, before = f"/orders/{order['id']}", stack.everything()

    for body in ({}, {"status": None}):
        response = ann.ask("PATCH", path, **as_json(body))
        assert (response.status_code, response.json, response.headers["ETag"]) == (200, order, '"1"')
        assert ann.ask("PATCH", path, headers={"If-Match": '"9"'}, **as_json(body)).status_code == 412
        refused(stack.caller().ask("PATCH", path, **as_json(body)), 404)

    assert stack.everything() == before


@pytest.mark.parametrize("status", WORDS)
def test_repeated_status_changes_nothing(stack: Stack, ann: Caller, status: str) -> None:
    order = order_that_is(ann, status)
    before = stack.everything()

    response = ann.patch(order, status)

    assert (response.status_code, response.json) == (200, order)
    assert response.headers["ETag"] == f'"{order["version"]}"'
    assert stack.everything() == before


@pytest.mark.clause("000-03", "001-03")
@pytest.mark.parametrize("word", NO_WORDS, ids=repr)
def test_unknown_status_is_422(stack: Stack, ann: Caller, word: object) -> None:
    order = ann.place()
    before = stack.everything()

    body = refused(ann.patch(order, word), 422)

    assert "status" in body["errors"]
    assert stack.everything() == before


@pytest.mark.clause("000-03")
def test_database_rejects_unknown_status(stack: Stack, ann: Caller) -> None:
    order = ann.place()

    with pytest.raises((sqlite3.IntegrityError, psycopg.DataError, psycopg.IntegrityError)):
        stack.rows(f"UPDATE orders SET status = 'LOST' WHERE user_id = '{ann.subject}'")

    assert ann.get(order).json["status"] == "PENDING"


@pytest.mark.parametrize(
    ("in_the_core", "shown", "same", "next_word"),
    [("CONFIRMED", "PENDING", "PENDING", "PAID"), ("DELIVERED", "SHIPPED", "SHIPPED", None)],
)
def test_foreign_status_is_mapped_to_vocabulary(
    stack: Stack, ann: Caller, in_the_core: str, shown: str, same: str, next_word: str | None
) -> None:
    order = ann.place()
    stack.rows(f"UPDATE orders SET status = '{in_the_core}' WHERE user_id = '{ann.subject}'")

    seen, again, illegal = ann.get(order), ann.patch(order, same), ann.patch(order, "PENDING")

    assert (seen.json["status"], ann.list().json[0]["status"]) == (shown, shown)
    assert (again.status_code, again.json) == (200, seen.json)
    if next_word:
        assert ann.patch(order, next_word).json["status"] == next_word
    else:
        assert "is SHIPPED cannot become PENDING" in refused(illegal, 409)["detail"]


@pytest.mark.clause("000-13")
@pytest.mark.parametrize("reference", [str(UUID(int=7)), "1", "nonsense"])
def test_unknown_order_is_404(stack: Stack, ann: Caller, reference: str) -> None:
    ann.place()
    before = stack.everything()

    refused(ann.ask("PATCH", f"/orders/{reference}", **as_json({"status": "PAID"})), 404)

    assert stack.everything() == before


@pytest.mark.clause("000-14")
@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Basic YW5uOnNlY3JldA==", "Bearer nonsense"])
def test_patch_without_token_is_401(stack: Stack, ann: Caller, authorization: str | None) -> None:
    order = ann.place()
    before = stack.everything()

    headers = {} if authorization is None else {"Authorization": authorization}
    response = ask(stack.app, "PATCH", f"/orders/{order['id']}", json={"status": "PAID"}, headers=headers)

    refused(response, 401)
    assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert stack.everything() == before


@pytest.mark.parametrize("body", [[], None, "PAID", 7, {"state": "PAID"}, {"status": "PAID", "total_price": 1}])
def test_patch_of_other_fields_is_422(stack: Stack, ann: Caller, body: object) -> None:
    order = ann.place()
    before = stack.everything()

    refused(ann.ask("PATCH", f"/orders/{order['id']}", **as_json(body)), 422)

    assert stack.everything() == before


@pytest.mark.clause("001-03")
def test_patch_without_a_status_changes_nothing(stack: Stack, ann: Caller) -> None:
    order = ann.place()
    paid = ann.patch(order, "PAID").json
    before = stack.everything()
    path = f"/orders/{order['id']}"

    for body in ({}, {"status": None}):
        answer = ann.ask("PATCH", path, **as_json(body))
        assert (answer.status_code, answer.json) == (200, paid)
    stale = ann.ask("PATCH", path, headers={"If-Match": '"1"'}, **as_json({}))

    assert refused(stale, 412)
    assert refused(stack.caller().ask("PATCH", path, **as_json({})), 404)
    assert stack.everything() == before
