"""Search over HTTP: its rights, its errors, and placed and changed orders, which it finds at once."""

from urllib.parse import quote

import pytest

from orders_domain import Role
from tests.contract.http.shop.client import Shopkeeper, problem, shopkeeper
from tests.support.service_stack import Stack

HOME = {"line1": "1 High Street", "city": "Köln", "state": "NRW", "postal_code": "50667", "country": "DE"}


@pytest.fixture
def shop(stack: Stack) -> Shopkeeper:
    return shopkeeper(stack)


def found(shop: Shopkeeper, text: str, *, further: str = "") -> list[str]:
    return shop.listed(f"q={quote(text)}{further}")


def test_placed_and_changed_order_is_found(shop: Shopkeeper) -> None:
    zoe = {"name": "Zoë Müller", "email": "zoe+1@example.com", "phone": "+49 (151) 123-4567"}
    order = shop.place(reference="WEB-0042", customer=zoe, shipping_address=HOME, tags=["birthday"])
    other = shop.place(reference="WEB-0043")

    for text in (
        "web-0042",
        "ZOE muller",
        "zoe+1@example.com",
        "+49151 1234567",
        "koln 50667",
        "birthday",
        "#web-0042",
    ):
        assert found(shop, text) == [order["id"]], text
    assert found(shop, str(order["number"]), further="&limit=200&status=pending").count(order["id"]) == 1
    assert set(found(shop, "WEB", further="&source=shop")) >= {order["id"], other["id"]}
    assert found(shop, "zoe", further="&reference=WEB-0043") == []
    shop.send("PUT", order, "tags", {"tags": ["late"]})
    shop.change(order, "shipments", {"tracking_number": "JD01 4600 17"})
    assert found(shop, "late jd01460017") == [order["id"]]
    assert found(shop, "birthday") == []


@pytest.mark.parametrize("text", ["", " ", "%", "*_*", "'", "-.-", "\0", "🍵", "x" * 321, "x" * 10_000])
def test_text_without_words_or_too_long_is_refused(shop: Shopkeeper, text: str) -> None:
    refusal = problem(shop.get(f"/orders?q={quote(text)}"), 400, "malformed_request")

    assert [error["parameter"] for error in refusal["errors"]] == ["q"]


def test_only_operators_and_administrators_may_search(stack: Stack) -> None:
    callers = {
        200: [stack.caller(scopes=(scope,)) for scope in ("orders:read", "orders:write")]
        + [stack.caller(role=Role.ADMIN)],
        403: [stack.caller(), stack.caller(scopes=("payments:write",))],
    }

    for status, those in callers.items():
        for caller in those:
            for query in ("q=zoe", f"q=zoe&user_id={caller.subject}"):
                answer = caller.ask("GET", f"/v1/orders?{query}")
                assert answer.status_code == status, answer.text
    assert "requires the administrator role or the scope orders:read or orders:write" in answer.json["detail"]
