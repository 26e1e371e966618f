"""Actions on an order: each goes through, only those are offered that the actor may perform, and each is done once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from orders_domain import Role
from tests.contract.http.console.client import CONSOLE, Operator, administrator, operator
from tests.contract.http.shop.client import Shopkeeper, shopkeeper
from tests.support.cases import each_case
from tests.support.service_stack import Stack

VERBS = {
    "confirm": "confirm",
    "cancel": "cancel",
    "ship": "ship",
    "hold": "hold",
    "release": "release",
    "refund": "refund",
    "return": "return",
    "receive_return": "receive_return",
    "refuse_return": "receive_return",
    "record_payment": "record_payment",
    "note": "annotate",
    "tags": "annotate",
}
"""The allowed action of the contract ``shop`` behind each form."""
PARTS = {"record_event", "retry_refund"}
"""Forms of a parcel or a refund, which no allowed action names."""
ROLES: dict[str, dict[str, Any]] = {
    "administrator": {"role": Role.ADMIN},
    "operator": {"scopes": ("orders:write",)},
    "reader": {"scopes": ("orders:read",)},
    "cashier": {"scopes": ("payments:write",)},
}


@pytest.fixture
def keeper(stack: Stack) -> Shopkeeper:
    return Shopkeeper(stack.caller(role=Role.ADMIN))


@pytest.fixture
def root(stack: Stack) -> Operator:
    return administrator(stack)


def payment(amount: str) -> dict[str, str]:
    return {"provider": "till", "reference": uuid4().hex, "kind": "captured", "amount": amount}


def test_life_of_an_order_goes_through_its_page(root: Operator, keeper: Shopkeeper) -> None:
    order = keeper.place()  # three gifts of 10.00
    steps: list[tuple[str, dict[str, str], str]] = [
        ("hold", {"reason": "The address"}, "The order is held."),
        ("release", {}, "The order is released from its hold."),
        ("confirm", {}, "The order is confirmed."),
        ("note", {"text": "Called.", "visibility": "customer"}, "The note is added."),
        ("tags", {"tags": "vip, gift,"}, "The tags are set."),
        ("record_payment", payment("30.00"), "The payment is recorded."),
        ("ship", {"units-1": "2", "carrier": "DHL"}, "The units are shipped."),
        ("cancel", {"units-1": "1", "reason": "None left"}, "The units are cancelled."),
        ("record_event", {"state": "delivered"}, "The event of the parcel is recorded."),
        ("refund", {"units-1": "1", "reason": "A scratch"}, "The refund is asked for."),
        ("return", {"units-1": "2", "reason": "Too large"}, "The return is authorized."),
        ("receive_return", {"restock-1": "0", "write_off-1": "1"}, "The units of the return are received."),
        ("refuse_return", {"reason": "Too late"}, "The rest of the return is refused."),
    ]

    for verb, fields, notice in steps:
        page = root.act(order, verb, **fields)
        assert (page.status, notice in page.text) == (200, True), (verb, page.alerts)

    seen = keeper.order(order)
    assert (seen["status"], seen["payment_status"], seen["tags"]) == ("delivered", "paid", ["gift", "vip"])
    (line,) = seen["lines"]
    assert (line["shipped"], line["cancelled"], line["returned"]) == (2, 1, 1)
    assert [refund["amount_minor"] for refund in seen["refunds"]] == [1_000]
    assert [returned["state"] for returned in seen["returns"]] == ["refused"]
    timeline = root.get(f"/orders/{order['id']}").text
    for text in (
        "Placed",
        "Held",
        "Shipped 2 units in parcel 1 (DHL)",
        "Cancelled 1 unit",
        "1 unit came back",
        "Called.",
    ):
        assert text in timeline


def test_failed_refund_is_asked_for_again(root: Operator, keeper: Shopkeeper) -> None:
    order = keeper.place()
    for verb, fields in (
        ("record_payment", payment("30")),
        ("refund", {"amount": "12.50", "reason": "A tear"}),
        ("record_payment", payment("12.50") | {"kind": "refund_failed"}),
    ):
        assert root.act(order, verb, **fields).alerts == []

    page = root.act(order, "retry_refund")

    assert "The refund is asked for again." in page.text
    assert [refund["state"] for refund in keeper.order(order)["refunds"]] == ["requested"]


def states(keeper: Shopkeeper) -> list[dict[str, Any]]:
    """Orders in states that allow different actions."""
    pending, held, shipped = (keeper.place() for _ in range(3))
    held = keeper.changed(held, "hold", {"reason": "Wait"})
    fact = {"provider": "till", "reference": uuid4().hex, "kind": "captured", "amount_minor": 3_000}
    shipped = keeper.changed(shipped, "payments", fact)
    shipped = keeper.changed(shipped, "shipments", {"lines": [{"number": 1, "quantity": 2}]})
    shipped = keeper.changed(shipped, "returns", {"lines": [{"number": 1, "quantity": 1}], "reason": "Too large"})
    return [pending, held, shipped]


@each_case("name", list(ROLES))
def test_only_allowed_actions_are_offered(stack: Stack, keeper: Shopkeeper, name: str) -> None:
    browser = operator(stack, **ROLES[name])

    for order in states(keeper):
        api = Shopkeeper(stack.caller(**ROLES[name])).order(order)
        offered = browser.get(f"/orders/{order['id']}").offered() - PARTS
        assert {VERBS[verb] for verb in offered} == set(api["allowed_actions"])


@each_case("name", ["reader", "cashier"])
def test_action_that_is_not_allowed_changes_nothing(stack: Stack, keeper: Shopkeeper, name: str) -> None:
    browser = operator(stack, **ROLES[name])
    (order, *_) = states(keeper)
    page = browser.get(f"/orders/{order['id']}")
    proof = page.form("sign-out").fields["form_token"]

    statuses = {
        verb: browser.http.post(
            f"{CONSOLE}/orders/{order['id']}/{verb}",
            data={"form_token": proof, "key": uuid4().hex, "reason": "x", "text": "x", "units-1": "1"},
        ).status_code
        for verb in ("confirm", "ship", "cancel", "hold", "note", "tags")
    }

    assert set(statuses.values()) == {403}
    assert keeper.order(order)["version"] == order["version"]


@each_case(
    ("verb", "fields", "notice"),
    [
        ("note", {"text": "Called."}, "The note is added."),
        ("tags", {"tags": "gift"}, "The tags are set."),
        ("confirm", {}, "The order is confirmed."),
    ],
)
def test_form_that_is_sent_twice_is_applied_once(
    root: Operator, keeper: Shopkeeper, verb: str, fields: dict[str, str], notice: str
) -> None:
    order = keeper.place()
    form = root.get(f"/orders/{order['id']}").form(verb)

    pages = [root.send(form, **fields) for _ in range(2)]

    assert [notice in page.text for page in pages] == [True, True]
    assert keeper.order(order)["version"] == order["version"] + 1


def test_part_of_a_page_takes_no_notice(root: Operator, keeper: Shopkeeper) -> None:
    form = root.get(f"/orders/{keeper.place()['id']}").form("confirm")
    assert root.http.post(form.action, data=form.fields).status_code == 303

    pages = [root.get("/health", headers=headers) for headers in ({"HX-Request": "true"}, {}, {})]

    assert ["The order is confirmed." in page.text for page in pages] == [False, True, False]


def test_form_of_an_older_version_changes_nothing(root: Operator, keeper: Shopkeeper) -> None:
    order = keeper.place()
    form = root.get(f"/orders/{order['id']}").form("hold")
    keeper.changed(order, "confirm")

    page = root.send(form, reason="The address")

    assert (page.status, len(page.alerts)) == (412, 1)
    assert "changed meanwhile" in page.alerts[0]
    assert page.form("hold").fields["reason"] == "The address"
    assert keeper.order(order)["hold"] is None


@each_case(
    ("verb", "fields", "status", "message"),
    [
        ("ship", {"units-1": "4"}, 409, "Line 1 has 3 open units, not 4."),
        ("ship", {"units-1": "0"}, 422, "At least one line is required."),
        ("ship", {"units-1": "-1"}, 422, "A quantity must be a whole number of at least 0."),
        ("hold", {"reason": ""}, 422, "reason"),
        ("note", {"text": "x" * 6_000}, 422, "text"),
        ("record_payment", {"provider": "till", "reference": "1", "amount": "1.005"}, 422, "decimals"),
        ("record_payment", {"provider": "till", "reference": "1", "amount": "ten"}, 422, "An amount must be a number"),
        ("record_payment", {"provider": "till", "reference": "1", "amount": "12,50"}, 422, "must be a number"),
    ],
)
def test_failure_is_said_beside_the_form(
    embedded_stack: Stack, verb: str, fields: dict[str, str], status: int, message: str
) -> None:
    order = shopkeeper(embedded_stack).place()

    page = administrator(embedded_stack).act(order, verb, **fields)

    assert (page.status, len(page.alerts)) == (status, 1)
    assert message in page.alerts[0]
    opened = [values for tag, values in page.elements if tag == "details" and "open" in values]
    assert [values["id"] for values in opened] == [verb]


def test_unknown_action_is_a_page(root: Operator, keeper: Shopkeeper) -> None:
    order = keeper.place()
    form = root.get(f"/orders/{order['id']}").form("note")
    form.action = form.action.replace("/note", "/burn")

    assert root.send(form).status == 404
