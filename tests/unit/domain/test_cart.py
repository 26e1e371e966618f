"""Validation of carts: content is preserved, and the totals must agree with the items."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders_adapters.testing.carts import ONE_CABLE, TWO_LAMPS, cart, content
from orders_domain import CustomItem, Money
from orders_domain.errors import InvalidCart
from orders_domain.model.cart import Cart
from orders_domain.model.values.currencies import MINOR_UNIT_DIGITS
from tests.support.cases import each_case

ITEMS = st.lists(
    st.fixed_dictionaries({"quantity": st.integers(1, 10_000), "unitPriceCents": st.integers(0, 10**6)}),
    min_size=1,
    max_size=8,
)


def refused_field(invalid: Any) -> str | None:
    with pytest.raises(InvalidCart) as refusal:
        Cart(invalid)
    return refusal.value.field


def test_cart_returns_user_items_and_total() -> None:
    mine, guests = cart(), cart(user_id=None)

    assert (mine.user_id, guests.user_id) == ("ada", None)
    assert mine.items == (CustomItem(TWO_LAMPS), CustomItem(ONE_CABLE))
    assert mine.total == Money(5850, "USD")


def test_unknown_members_are_preserved() -> None:
    sent = content(TWO_LAMPS | {"gift": True}, pricingSnapshot={"tax": [1.0, None]}, note="")

    assert Cart(sent).content == sent
    assert list(Cart(sent).content) == list(sent)


@given(ITEMS, st.sampled_from(sorted(MINOR_UNIT_DIGITS)))
def test_cents_are_minor_units(items: list[dict[str, int]], currency: str) -> None:
    total = sum(item["quantity"] * item["unitPriceCents"] for item in items)

    assert cart(*items, currency=currency).total == Money(total, currency)


@given(ITEMS, st.sampled_from(["itemCount", "totalQuantity", "subtotalCents"]), st.sampled_from([-1, 1]))
def test_wrong_totals_are_rejected(items: list[dict[str, int]], figure: str, error: int) -> None:
    sent = content(*items)
    sent["totals"][figure] += error

    assert refused_field(sent) == f"totals.{figure}"


@each_case("name", sorted(content().keys() - {"userId"}))
def test_missing_member_is_rejected(name: str) -> None:
    assert refused_field({other: value for other, value in content().items() if other != name}) == name


@pytest.mark.parametrize("name", ["itemCount", "totalQuantity", "subtotalCents", "currency"])
def test_missing_total_is_rejected(name: str) -> None:
    totals = {other: value for other, value in content()["totals"].items() if other != name}

    assert refused_field(content() | {"totals": totals}) == f"totals.{name}"


@each_case("number", [True, 1.0, "1", None, -1, 10_001, [], {}])
@each_case("name", ["quantity", "unitPriceCents"])
def test_fractional_quantity_or_price_is_rejected(name: str, number: object) -> None:
    sent = content(ONE_CABLE, TWO_LAMPS)
    sent["items"][1] = TWO_LAMPS | {name: number}
    price_above_ten_thousand = name == "unitPriceCents" and number == 10_001

    assert refused_field(sent) == ("totals.subtotalCents" if price_above_ten_thousand else f"items.1.{name}")


@each_case("user_id", ["", "u" * 256, 7, True, [], {}])
def test_invalid_user_id_is_rejected(user_id: Any) -> None:
    assert refused_field(content(user_id=user_id)) == "userId"


@each_case("moment", ["", "yesterday", 0, None, "2024-01-01T00:05:00", "2024-02-30T00:00:00Z"])
def test_invalid_created_at_is_rejected(moment: Any) -> None:
    assert refused_field(content(createdAt=moment)) == "createdAt"


@pytest.mark.parametrize(
    ("invalid", "field"),
    [
        (content(currency="XXX"), "currency"),
        (content() | {"currency": "EUR"}, "totals.currency"),
        (content(TWO_LAMPS | {"currency": "EUR"}), "items.0.currency"),
        (content() | {"currency": ["USD"]}, "currency"),
    ],
)
def test_invalid_currency_is_rejected(invalid: dict[str, Any], field: str) -> None:
    assert refused_field(invalid) == field


def test_item_may_repeat_the_currency() -> None:
    assert cart(TWO_LAMPS | {"currency": "USD"}).total == Money(5000, "USD")
    assert cart(TWO_LAMPS | {"currency": None}).total == Money(5000, "USD")


def test_cart_without_user_id_is_a_guests() -> None:
    assert Cart({name: value for name, value in content().items() if name != "userId"}).user_id is None


def unpriced(subtotal: object, *items: dict[str, Any]) -> dict[str, Any]:
    """A cart as the cart service signs it if it has no catalogue."""
    quantities = [item["qty"] for item in items]
    totals = {"itemCount": len(items), "totalQuantity": sum(quantities), "subtotalCents": subtotal, "currency": "USD"}
    return content() | {"items": list(items), "totals": totals}


def test_quantity_may_be_called_qty() -> None:
    lamps: dict[str, Any] = {"sku": "LAMP-1", "qty": 2, "unitPriceCents": 2500}

    assert Cart(unpriced(5000, lamps)).total == Money(5000, "USD")
    assert Cart(unpriced(5000, lamps | {"quantity": 2})).items[0].quantity == 2
    assert refused_field(unpriced(5000, lamps | {"quantity": 3})) == "items.0.qty"
    assert refused_field(unpriced(5000, lamps | {"quantity": None})) == "items.0.quantity"
    for number in (True, 2.0, "2", 0, 10_001, None):
        both = content() | {"items": [lamps | {"quantity": 2, "qty": number}]}
        assert refused_field(both) == "items.0.qty"


def test_cart_without_prices_has_the_total_0() -> None:
    without: dict[str, Any] = {"sku": "LAMP-1", "qty": 2, "unitPriceCents": None}
    absent: dict[str, Any] = {"sku": "CABLE-7", "qty": 1}

    assert Cart(unpriced(None, without, absent)).total == Money(0, "USD")
    assert refused_field(unpriced(0, without, absent)) == "totals.subtotalCents"
    assert refused_field(unpriced(850, without, absent | {"unitPriceCents": 850})) == "items.0.unitPriceCents"
    assert refused_field(unpriced(None, absent | {"unitPriceCents": 850})) == "totals.subtotalCents"


def test_cart_above_max_amount_is_rejected() -> None:
    dear: dict[str, Any] = {"quantity": 10, "unitPriceCents": 10**11}

    assert cart(dear).total.minor == 10**12
    assert refused_field(content(dear, {"quantity": 1, "unitPriceCents": 1})) == "totals.subtotalCents"


@pytest.mark.parametrize("count", [0, 1_001])
def test_item_count_out_of_range_is_rejected(count: int) -> None:
    assert refused_field(content() | {"items": [ONE_CABLE] * count}) == "items"
    assert len(cart(*[ONE_CABLE] * 1_000).items) == 1_000


@each_case("invalid", [None, [], "cart", 7, content(x="\x00"), content(x="\ud800"), content(x=2**64)])
def test_unstorable_cart_is_rejected(invalid: Any) -> None:
    assert refused_field(invalid) == "cart"
