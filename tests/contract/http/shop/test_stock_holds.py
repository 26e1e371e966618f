"""Stock holds over HTTP: taken, used by an order, given back, and never beside another user's units."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from orders_adapters.testing.threads import at_once
from orders_domain.use_cases import ExpiryResult
from tests.contract.http.shop.client import Shopkeeper, problem, shopkeeper
from tests.contract.http.shop.test_changes import stock_of, stocked
from tests.support.client import Answer, as_json
from tests.support.depth import effort
from tests.support.service_stack import Stack

BUYERS = effort(20, 100)
RACES = effort(5, 500)
SHIPPING = {f"shipping_{name}": "x" for name in ("address_line1", "city", "state", "postal_code", "country")}


def hold(shop: Shopkeeper, product: int, quantity: int = 2, *, seconds: int = 60, **members: Any) -> dict[str, Any]:
    lines = [{"product_id": product, "quantity": quantity}]
    response = shop.post("/stock-holds", {"lines": lines, "seconds": seconds, **members})
    assert response.status_code == 201, response.text
    return dict(response.json)


def order(shop: Shopkeeper, product: int, quantity: int = 1, **members: Any) -> Answer:
    return shop.post("/orders", {"lines": [{"product_id": product, "quantity": quantity}], **members})


def managed(shop: Shopkeeper, product: int, quantity: int) -> Answer:
    """Place an order by the contract `management`."""
    body = {**SHIPPING, "order_items": [{"product_id": product, "quantity": quantity}]}
    return shop.caller.ask("POST", "/api/v1/orders", **as_json(body))


def patient(shop: Shopkeeper, path: str, body: object) -> Answer:
    """Repeat the request under its key while the service is busy."""
    key = str(uuid4())
    while (answer := shop.post(path, body, key=key)).status_code == 503:
        pass
    return answer


def ended(shop: Shopkeeper, held: dict[str, Any]) -> int:
    return shop.caller.ask("DELETE", f"/v1/stock-holds/{held['id']}").status_code


def expired(stack: Stack, *, seconds: int = 61) -> ExpiryResult:
    later = datetime.now(UTC) + timedelta(seconds=seconds)
    result: ExpiryResult = stack.container.expire_stock_holds(clock=lambda: later)
    return result


def movements(admin: Shopkeeper, product: int) -> list[tuple[str, int]]:
    entries = admin.caller.ask("GET", f"/api/v1/products/{product}/movements?limit=1000").json
    return [(entry["kind"], entry["quantity"]) for entry in reversed(entries)]


def test_hold_is_read_listed_repeated_and_ended(stack: Stack) -> None:
    admin, product = stocked(stack, 10)
    ann, eve = shopkeeper(stack, scopes=()), shopkeeper(stack, scopes=())
    sku = admin.caller.ask("GET", f"/api/v1/products/{product}").json["sku"]
    body = {"lines": [{"sku": sku, "quantity": 2}, {"product_id": product, "quantity": 1}], "seconds": 30}
    first, again = (ann.post("/stock-holds", body, key="k-1") for _ in range(2))

    held = first.json
    assert (first.status_code, again.status_code, again.json) == (201, 201, held)
    assert again.headers["x-idempotent-replay"] == "true"
    assert held["lines"] == [{"product_id": product, "quantity": 3}]
    moments = [datetime.fromisoformat(held[name]) for name in ("created_at", "expires_at")]
    assert moments[1] - moments[0] == timedelta(seconds=30)
    assert ann.caller.ask("GET", first.headers["Location"]).json == held
    assert stock_of(admin, product) == 7
    other = hold(ann, product)
    page = ann.get("/stock-holds?limit=1")
    assert page.json == {"data": [other], "next_cursor": other["id"]}
    (path,) = re.findall(r"<(.*)>", page.headers["Link"])
    assert ann.caller.ask("GET", path).json == {"data": [held], "next_cursor": None}

    problem(eve.get(f"/stock-holds/{held['id']}"), 404, "stock_hold_not_found")
    assert ended(eve, held) == 404
    assert [ended(ann, held), ended(ann, held), ended(admin, other)] == [204, 404, 204]
    problem(ann.get(f"/stock-holds/{held['id']}"), 404, "stock_hold_not_found")
    assert movements(admin, product) == [
        ("initial", 10), ("held", -3), ("held", -2), ("hold_ended", 3), ("hold_ended", 2)
    ]  # fmt: skip


def test_scope_is_required_for_others(stack: Stack) -> None:
    clerk, ann = shopkeeper(stack, scopes=("stock:write",)), shopkeeper(stack, scopes=())
    admin, product = stocked(stack, 10)
    name = clerk.caller.subject
    body = {"lines": [{"product_id": product, "quantity": 1}], "seconds": 30, "user_id": name}

    problem(ann.post("/stock-holds", body), 403, "access_denied")
    problem(ann.get(f"/stock-holds?user_id={name}"), 403, "access_denied")
    own = hold(ann, product)
    given = hold(clerk, product, user_id=ann.caller.subject)
    assert clerk.get(f"/stock-holds?user_id={ann.caller.subject}").json["data"] == [given, own]
    foreign = hold(clerk, product)
    refused = problem(order(ann, product, stock_hold_id=foreign["id"]), 422, "invalid_request")
    assert refused["errors"][0]["pointer"] == "/stock_hold_id"
    assert order(ann, product, stock_hold_id=given["id"]).status_code == 201
    assert ended(clerk, own) == 204
    assert stock_of(admin, product) == 10 - 1 - 2


def test_invalid_holds_are_rejected(stack: Stack) -> None:
    admin, product = stocked(stack, 3)
    line = {"product_id": product, "quantity": 1}
    for body, pointer in (
        ({"lines": [line], "seconds": 29}, "/seconds"),
        ({"lines": [line], "seconds": 86_401}, "/seconds"),
        ({"lines": [line], "seconds": "60"}, "/seconds"),
        ({"lines": [], "seconds": 30}, "/lines"),
        ({"lines": [{**line, "quantity": 0}], "seconds": 30}, "/lines/0/quantity"),
        ({"lines": [{**line, "sku": "both"}], "seconds": 30}, "/lines/0"),
        ({"lines": [{"sku": "unknown", "quantity": 1}], "seconds": 30}, "/lines/0/sku"),
        ({"lines": [{"title": "x", "quantity": 1, "unit_price_minor": 1}], "seconds": 30}, "/lines/0"),
        ({"lines": [line], "seconds": 30, "color": "red"}, "/color"),
    ):
        refused = problem(admin.post("/stock-holds", body), 422, "invalid_request")
        assert [flaw["pointer"] for flaw in refused["errors"]] == [pointer]

    for unknown, count in ((product, 4), (2**62, 1)):
        body = {"lines": [{"product_id": unknown, "quantity": count}], "seconds": 30}
        refused = problem(admin.post("/stock-holds", body), 409, "insufficient_stock")
        available = 3 if unknown == product else 0
        assert refused["shortages"] == [{"line": 1, "product_id": unknown, "requested": count, "available": available}]
    bare = admin.caller.ask("POST", "/v1/stock-holds", **as_json({"lines": [line], "seconds": 30}))
    problem(bare, 400, "idempotency_key_required")
    problem(admin.get("/stock-holds?cursor=x"), 400, "malformed_request")
    problem(admin.get("/stock-holds/x"), 404, "stock_hold_not_found")
    assert stock_of(admin, product) == 3


def test_order_takes_over_held_units(stack: Stack) -> None:
    """Units held are used, units beyond are taken, units over are given back."""
    admin, product = stocked(stack, 5)
    for held_units, ordered, left in ((2, 2, 3), (2, 1, 2), (1, 2, 0)):
        held = hold(admin, product, held_units)
        placed = order(admin, product, ordered, stock_hold_id=held["id"])
        assert (placed.status_code, stock_of(admin, product), ended(admin, held)) == (201, left, 404)
        refused = problem(order(admin, product, stock_hold_id=held["id"]), 422, "invalid_request")
        assert "ended" in refused["errors"][0]["message"]

    assert order(admin, product).status_code == 409


def test_refused_order_retains_its_hold(stack: Stack) -> None:
    admin, product = stocked(stack, 2)
    held = hold(admin, product)

    refused = problem(order(admin, product, 3, stock_hold_id=held["id"]), 409, "insufficient_stock")

    assert refused["shortages"][0]["available"] == 2
    assert admin.get(f"/stock-holds/{held['id']}").status_code == 200
    assert stock_of(admin, product) == 0


def test_own_holds_never_block(stack: Stack) -> None:
    """In every contract; another user's hold does."""
    admin, product = stocked(stack, 2)
    eve = shopkeeper(stack, scopes=())
    ways: list[Callable[[Shopkeeper], Answer]] = [
        lambda shop: order(shop, product, 2),
        lambda shop: managed(shop, product, 2),
    ]
    for way in ways:
        held = hold(admin, product)
        assert way(eve).status_code in {400, 409}
        placed = way(admin)
        assert placed.status_code in {200, 201}, placed.text
        assert (stock_of(admin, product), ended(admin, held)) == (0, 404)
        admin.caller.ask("POST", f"/api/v1/products/{product}/restock", **as_json({"quantity": 2}))


def test_hold_expires_once_and_never_beside_an_order(stack: Stack) -> None:
    admin, product = stocked(stack, 2 * RACES)
    held = hold(admin, product, 1)
    assert UUID(held["id"]) not in expired(stack, seconds=30).expired
    assert UUID(held["id"]) in expired(stack).expired
    assert UUID(held["id"]) not in expired(stack).expired
    assert stock_of(admin, product) == 2 * RACES
    for _ in range(RACES):
        held, before = hold(admin, product), stock_of(admin, product)

        def place(held: dict[str, Any] = held) -> object:
            return order(admin, product, 2, stock_hold_id=held["id"]).status_code

        placed, *_ = at_once(place, lambda: expired(stack), lambda: expired(stack))

        assert placed in {201, 422}
        assert stock_of(admin, product) == before + (0 if placed == 201 else 2)


def test_flash_sale_returns_what_nobody_paid(stack: Stack) -> None:
    """Of the units held at once, three in five are ordered; the others return, and none is sold twice."""
    admin, product = stocked(stack, BUYERS)
    buyers = [shopkeeper(stack, scopes=()) for _ in range(BUYERS + 10)]

    lines = [{"product_id": product, "quantity": 1}]

    def hold_one(buyer: Shopkeeper) -> Answer:
        return patient(buyer, "/stock-holds", {"lines": lines, "seconds": 30})

    def order_held(buyer: Shopkeeper, held: str) -> Answer:
        return patient(buyer, "/orders", {"lines": lines, "stock_hold_id": held})

    answers: Any = at_once(*(partial(hold_one, buyer) for buyer in buyers))
    holders = [
        (buyer, answer.json["id"]) for buyer, answer in zip(buyers, answers, strict=True) if answer.status_code == 201
    ]
    assert (len(holders), stock_of(admin, product)) == (BUYERS, 0)
    paying = holders[: BUYERS * 3 // 5]
    placed: Any = at_once(*(partial(order_held, buyer, held) for buyer, held in paying))

    assert [answer.status_code for answer in placed] == [201] * len(paying)
    ids = {UUID(held) for _, held in holders[len(paying) :]}
    assert ids <= set(expired(stack, seconds=31).expired)
    assert stock_of(admin, product) == len(ids)
    kinds = [kind for kind, _ in movements(admin, product)]
    assert [kinds.count(kind) for kind in ("held", "hold_ended", "deducted")] == [BUYERS, BUYERS, len(paying)]


def test_last_unit_goes_to_one_contract(stack: Stack) -> None:
    admin, product = stocked(stack, 0)
    eve, pat, sam = (shopkeeper(stack, scopes=()) for _ in range(3))
    ways: list[Callable[[], Answer]] = [
        lambda: eve.post("/stock-holds", {"lines": [{"product_id": product, "quantity": 1}], "seconds": 60}),
        lambda: order(pat, product),
        lambda: managed(sam, product, 1),
    ]
    for _ in range(RACES):
        admin.caller.ask("POST", f"/api/v1/products/{product}/restock", **as_json({"quantity": 1}))

        answers: Any = at_once(*ways)

        codes = [answer.status_code for answer in answers]
        assert (sum(code < 300 for code in codes), stock_of(admin, product)) == (1, 0), codes


def test_customer_has_a_bounded_number_of_holds(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders_domain.use_cases.life.hold_stock.MAX_HOLDS", 2)
    admin, product = stocked(stack, 10)
    ann = shopkeeper(stack, scopes=())
    first, second = hold(ann, product), hold(ann, product)
    body = {"lines": [{"product_id": product, "quantity": 2}], "seconds": 60}

    problem(ann.post("/stock-holds", body), 409, "too_many_stock_holds")
    assert stock_of(admin, product) == 6
    assert ended(ann, first) == 204
    assert [ann.post("/stock-holds", body, key="k").status_code for _ in range(2)] == [201, 201]
    hold(admin, product, user_id=ann.caller.subject)  # stock:write
    assert len(ann.get("/stock-holds").json["data"]) == 3
    assert second in ann.get("/stock-holds").json["data"]
