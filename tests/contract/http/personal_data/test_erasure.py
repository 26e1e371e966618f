"""Erasure of a person: nothing is left in any store, and the books, the histories and the contracts still hold."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from orders_adapters.testing.examples import ADMIN
from orders_domain.errors import InvalidValue
from orders_domain.model.order import rebuild
from orders_domain.model.personal.erasure import OrdersOpen
from orders_domain.model.personal.subject import SubjectNotFound
from orders_domain.use_cases import ErasePersonalData
from tests.contract.http.personal_data.person import Person, found_in, shown
from tests.support.service_stack import Stack


def erase(stack: Stack, **request: Any) -> dict[str, int]:
    *_, last = stack.container.erase_personal_data(ErasePersonalData(actor=ADMIN, **request))
    assert last.is_complete
    return dict(last.counts)


@pytest.fixture
def person(stack: Stack) -> Person:
    return Person(stack, f"zq{uuid4().hex[:10]}")


def test_nothing_of_the_person_is_left(stack: Stack, person: Person) -> None:
    person.sign_up()
    orders = person.places()
    assert person.signs_in().status_code == 200
    shown(stack, orders, person.root)  # fills the cache
    before = {name: person.root.ask("GET", f"/v1/orders/{order_id}").json for name, order_id in orders.items()}
    assert len(found_in(stack, person.mark)) >= 9
    cached = [stack.cached({"id": order_id}) for order_id in orders.values()]
    assert person.mark in repr(cached)

    counts = erase(stack, email=person.email.title(), include_open=True)

    assert person.mark not in repr([stack.cached({"id": order_id}) for order_id in orders.values()])
    assert found_in(stack, person.mark) == {}
    assert (counts["order"], counts["account"], counts["template"]) == (5, 1, 1)
    assert person.mark not in shown(stack, orders, person.root)
    for name, order_id in orders.items():
        order = person.root.ask("GET", f"/v1/orders/{order_id}").json
        same = ("id", "number", "status", "payment_status", "fulfillment_status", "totals", "currency", "created_at")
        assert [order[member] for member in same] == [before[name][member] for member in same]
        assert order["version"] == before[name]["version"] + 1
        stored = stack.container.queries().get(UUID(order_id))
        assert rebuild(stack.container.queries().history(UUID(order_id)), number=stored.number) == stored
    published = stack.relayed()
    assert person.mark not in repr(published)
    kinds = [kind for kind, event in published.news if event["subject"] in orders.values()]
    assert kinds.count("orders.order_erased.v1") == 5
    assert found_in(stack, person.mark) == {}


def test_erased_person_cannot_sign_in(stack: Stack, person: Person) -> None:
    person.sign_up()
    token = person.signs_in().json["token"]

    erase(stack, user_id=person.caller.subject)

    assert person.signs_in().status_code == 401
    answer = stack.caller("anybody").ask("GET", "/v1/orders", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    with pytest.raises(SubjectNotFound):
        erase(stack, user_id=person.caller.subject)


def test_open_order_refuses_the_erasure(stack: Stack, person: Person) -> None:
    person.sign_up()
    person.places()
    before = stack.everything()

    with pytest.raises(OrdersOpen) as refused:
        erase(stack, email=person.email)

    assert refused.value.count == 4
    assert stack.everything() == before
    counts = erase(stack, email=person.email, dry_run=True)
    assert (counts["order"], counts["open_order"], counts["account"]) == (5, 4, 1)
    assert stack.everything() == before


def test_word_of_erased_users_is_no_person(stack: Stack) -> None:
    """The rows of all erased people have it, so that its own erasure would never end."""
    with pytest.raises(InvalidValue):
        erase(stack, user_id="erased")
    with pytest.raises(InvalidValue):
        erase(stack, email=" Erased")


def test_repeated_key_shows_the_erased_order(stack: Stack, person: Person) -> None:
    clerk, key = person.clerk, str(uuid4())
    body = {
        "lines": [{"title": person.text("Ring"), "quantity": 1, "unit_price_minor": 5}],
        "customer": {"user_id": person.caller.subject, "name": person.text("Ann")},
    }
    first = clerk.post("/orders", body, key=key)
    clerk.changed(first.json, "cancel", {"reason": person.text("sorry")})

    erase(stack, user_id=person.caller.subject)
    again = clerk.post("/orders", body, key=key)

    assert (again.status_code, again.headers["x-idempotent-replay"]) == (201, "true")
    assert (again.json["id"], again.json["customer"]["user_id"]) == (first.json["id"], None)
    assert person.mark not in again.text
