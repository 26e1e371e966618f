"""A signed cart is accepted once, whatever the keys, and for a while."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from werkzeug.test import TestResponse

from orders_adapters.testing.threads import at_once
from tests.contract.http.checkout.carts import CABLE, another, cart, moment, signed
from tests.contract.http.checkout.client import cancel, order, refused
from tests.support.client import Caller
from tests.support.depth import effort
from tests.support.service_stack import Stack

GROUPS = effort(5, 1_000)
SENDERS = 32


def replayed(response: Any, first: Any) -> None:
    """Check that the response repeats the first one."""
    assert (response.status_code, response.data) == (200, first.data), response.text
    assert response.headers["x-idempotent-replay"] == "true"
    assert [response.headers[name] for name in ("Location", "ETag")] == [
        first.headers[name] for name in ("Location", "ETag")
    ]


@pytest.mark.clause("004-04")
def test_cart_under_three_keys_is_one_order(stack: Stack, ann: Caller, operator: Caller) -> None:
    snapshot = cart(ann.subject)
    first, *others = (order(ann, snapshot, key=key) for key in ("first", "second", "third"))

    assert first.status_code == 201
    for response in (*others, order(operator, snapshot, key="fourth"), order(ann, snapshot, key="first")):
        replayed(response, first)
    assert stack.rows(f"SELECT count(*) FROM orders WHERE user_id = '{ann.subject}'") == [(1,)]
    cancel(operator, first.json["orderId"])
    replayed(order(ann, snapshot, key="fifth"), first)
    assert order(ann, another(snapshot), key="sixth").status_code == 201


@pytest.mark.clause("004-05")
def test_other_content_of_a_snapshot_is_409(stack: Stack, ann: Caller, operator: Caller) -> None:
    snapshot = cart(ann.subject)
    order_id = order(ann, snapshot).json["orderId"]
    before = stack.everything()

    for caller, other in (
        (ann, cart(ann.subject, CABLE, snapshotId=snapshot["snapshotId"])),
        (operator, cart(operator.subject, snapshotId=snapshot["snapshotId"])),
        (operator, cart(None, snapshotId=snapshot["snapshotId"])),
        (ann, signed(snapshot | {"pricingSnapshot": {"rules": [{"name": "none", "factor": True}]}})),  # instead of 1
    ):
        response = order(caller, other, key="other")
        assert "snapshotId" in refused(response, 409)["error"]
        assert order_id not in response.text
    assert stack.everything() == before


@pytest.mark.clause("004-05")
@pytest.mark.parametrize(
    "created_at",
    [moment(hours=24, minutes=1), moment(hours=-1), "2019-01-01T00:00:00Z", "9999-12-31T23:59:59Z"],
    ids=["a day", "ahead", "2019", "9999"],
)
def test_old_or_future_cart_is_422(stack: Stack, ann: Caller, created_at: str) -> None:
    before = stack.everything()

    body = refused(order(ann, cart(ann.subject, createdAt=created_at)), 422)

    assert (body["error"], body["details"].keys()) == ("Invalid snapshot payload", {"createdAt"})
    assert stack.everything() == before
    assert order(ann, cart(ann.subject, createdAt=moment(hours=23, minutes=59))).status_code == 201
    assert order(ann, cart(ann.subject, createdAt=moment(minutes=-4)), key="ahead").status_code == 201


def test_ordered_cart_is_replayed_when_old(real_stack: Stack, build: Callable[..., Stack]) -> None:
    strict = build(replace(real_stack.settings, cart_snapshot_seconds=60, log_level="ERROR"))
    ann = real_stack.caller()
    snapshot, other = (cart(ann.subject, *items, createdAt=moment(minutes=2)) for items in ([], [CABLE]))
    first = order(ann, snapshot)

    for key in ("key", "other"):
        replayed(order(strict.caller(ann.subject), snapshot, key=key), first)
    refused(order(strict.caller(ann.subject), other, key="third"), 422)


def test_setting_lets_canceled_carts_be_reordered(real_stack: Stack, build: Callable[..., Stack]) -> None:
    stack = build(replace(real_stack.settings, cart_reorder="on", log_level="ERROR"))
    ann, operator = stack.caller(), stack.caller(scopes=("orders:write",))
    snapshot = cart(ann.subject)
    first = order(ann, snapshot, key="first")
    replayed(order(ann, snapshot, key="second"), first)
    cancel(operator, first.json["orderId"])

    responses = at_once(*[partial(order, ann, snapshot, key=f"anew {number}") for number in range(8)])

    placed = [response for response in responses if isinstance(response, TestResponse) and response.status_code == 201]
    assert len(placed) == 1, responses
    assert {response.data for response in responses if isinstance(response, TestResponse)} == {placed[0].data}
    assert placed[0].data != first.data
    for key in ("first", "second"):
        replayed(order(ann, snapshot, key=key), first)


@pytest.mark.clause("004-04")
@pytest.mark.timeout(3_600)
def test_senders_with_own_keys_make_one_order(real_stack: Stack) -> None:
    outcomes: Counter[str] = Counter()
    real_stack.relayed()
    ann = real_stack.caller()
    orders = set()

    for _ in range(GROUPS):
        snapshot = another(cart(ann.subject))
        responses = at_once(*[partial(order, ann, snapshot, key=f"key {number}") for number in range(SENDERS)])
        outcomes.update(_outcome(response) for response in responses)
        answers = {response.data for response in responses if isinstance(response, TestResponse)}
        assert len(answers) == 1, answers
        orders |= answers
        ann = real_stack.caller()

    print(dict(outcomes))
    assert outcomes == {"placed": GROUPS, "replayed": GROUPS * (SENDERS - 1)}
    assert len(orders) == GROUPS
    published = real_stack.relayed()
    assert Counter(key for key, _ in published.news) == {"orders.order_placed.v1": GROUPS}
    assert len(published.tasks) == GROUPS


def test_embedded_senders_make_one_order(embedded_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(embedded_stack.directory)
    ann = embedded_stack.caller()
    snapshot = cart(ann.subject)

    responses = at_once(*[partial(order, ann, snapshot, key=f"key {number}") for number in range(8)])

    assert Counter(_outcome(response) for response in responses) == {"placed": 1, "replayed": 7}


def test_resigned_cart_is_the_same_cart(real_stack: Stack, build: Callable[..., Stack]) -> None:
    secret = "the next secret of the cart service"
    stack = build(replace(real_stack.settings, cart_snapshot_secret=f"{secret},old-secret", log_level="ERROR"))
    ann = stack.caller()
    snapshot = cart(ann.subject)

    first, again = (order(ann, signed(snapshot, secret=word), key=word) for word in ("old-secret", secret))

    assert first.status_code == 201
    replayed(again, first)


def _outcome(response: object) -> str:
    assert isinstance(response, TestResponse), response
    if response.status_code == 200:
        assert response.headers["x-idempotent-replay"] == "true"
        return "replayed"
    return "placed" if response.status_code == 201 else f"{response.status_code} {response.text[:200]}"
