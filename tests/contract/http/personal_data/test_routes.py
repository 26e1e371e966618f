"""POST /v1/personal-data/exports and /erasures: administrators only, one known person, and nothing in URLs."""

from typing import Any
from uuid import uuid4

import pytest

from orders_flask.contracts.shop import personal_data
from tests.contract.http.personal_data.person import Person, found_in
from tests.contract.http.shop.client import Shopkeeper, problem
from tests.support.service_stack import Stack

EXPORTS, ERASURES = "/personal-data/exports", "/personal-data/erasures"


@pytest.fixture
def person(stack: Stack) -> Person:
    return Person(stack, f"zq{uuid4().hex[:10]}")


@pytest.fixture
def root(person: Person) -> Shopkeeper:
    return Shopkeeper(person.root)


def test_export_has_all_that_is_stored(person: Person, root: Shopkeeper) -> None:
    person.sign_up()
    person.stack.container.users().set_language(person.caller.subject, "de")
    orders = person.places()

    answer = root.post(EXPORTS, {"email": person.email})

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert (answer.json["account"]["email"], answer.json["account"]["language"]) == (person.email, "de")
    assert {order["id"] for order in answer.json["orders"]} == set(orders.values())
    kinds = {record["kind"] for record in answer.json["records"]}
    assert kinds == {"template", "stock_hold", "idempotency_key", "alert_recipient"}
    for text in ("For", "Town", "Gift", "Ann", "ask", "called", "friend", "tag", "ugly", "worn", "kind"):
        assert person.text(text) in answer.text
    assert "argon2" not in answer.text
    assert person.clerk.caller.subject not in answer.text


def test_erasure_is_repeated_until_complete(person: Person, root: Shopkeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(personal_data, "MAX_ORDERS", 2)
    for _ in range(3):
        person.caller.place()
    body = {"user_id": person.caller.subject, "include_open": True}

    answers = [root.post(ERASURES, body).json for _ in range(2)]

    assert answers == [
        {"counts": {"order": 2}, "complete": False},
        {"counts": {"order": 1}, "complete": True},
    ]
    assert found_in(person.stack, person.mark) == {}
    problem(root.post(ERASURES, body), 404, "subject_not_found")


def test_open_orders_are_named(person: Person, root: Shopkeeper) -> None:
    number = root.order(person.caller.place())["number"]
    body = {"user_id": person.caller.subject}

    refused = problem(root.post(ERASURES, body), 409, "orders_open")

    assert str(number) in refused["detail"]
    dry = root.post(ERASURES, body | {"dry_run": True}).json
    assert dry == {"counts": {"order": 1, "open_order": 1}, "complete": True}


@pytest.mark.parametrize("path", [EXPORTS, ERASURES])
def test_others_than_administrators_are_refused(stack: Stack, person: Person, path: str) -> None:
    for scopes in ((), ("orders:write", "orders:read", "payments:write", "stock:write")):
        keeper = Shopkeeper(stack.caller(person.caller.subject, scopes=scopes))
        problem(keeper.post(path, {"user_id": person.caller.subject}), 403, "access_denied")


@pytest.mark.parametrize("path", [EXPORTS, ERASURES])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"user_id": "ann", "email": "ann@example.com"}, 422),
        ({"user_id": ""}, 422),
        ({"email": "nobody"}, 422),
        ({"name": "Ann"}, 422),
        ({"user_id": "nobody knows"}, 404),
        ({"email": "nobody-knows@example.com"}, 404),
    ],
)
def test_one_known_person_is_required(root: Shopkeeper, path: str, body: dict[str, Any], status: int) -> None:
    assert root.post(path, body).status_code == status


def test_nobody_erases_themselves(root: Shopkeeper) -> None:
    problem(root.post(ERASURES, {"user_id": "root", "include_open": True}), 422, "invalid_request")
