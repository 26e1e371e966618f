"""Money, compared with decimal arithmetic: accepted amounts are exact, and all others are rejected."""

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders_domain import Money
from orders_domain.errors import InvalidAmount
from orders_domain.model.values.currencies import MINOR_UNIT_DIGITS
from tests.support.cases import each_case

MAX_MINOR_UNITS = 10**12
CURRENCIES = st.sampled_from(sorted(MINOR_UNIT_DIGITS))


@each_case(
    ("currency", "decimals"),
    [("USD", 2), ("EUR", 2), ("JPY", 0), ("KRW", 0), ("BHD", 3), ("KWD", 3), ("TND", 3), ("CLF", 4)],
)
def test_currency_has_iso_4217_decimals(currency: str, decimals: int) -> None:
    smallest = Decimal(1).scaleb(-decimals)

    assert Money.of(smallest, currency) == Money(1, currency)
    with pytest.raises(InvalidAmount):
        Money.of(smallest / 10, currency)


@given(st.integers(0, MAX_MINOR_UNITS), CURRENCIES)
def test_amount_round_trips(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    assert Money.of(money.amount, currency) == money
    assert money.amount == Decimal(minor) / 10 ** MINOR_UNIT_DIGITS[currency]
    assert money.amount.as_tuple().exponent == -MINOR_UNIT_DIGITS[currency]


@given(st.integers(0, MAX_MINOR_UNITS), CURRENCIES)
def test_amount_round_trips_through_json(minor: int, currency: str) -> None:
    written = json.dumps(float(Money(minor, currency).amount))

    assert Money.of(json.loads(written), currency) == Money(minor, currency)


@given(st.decimals(allow_nan=True, allow_infinity=True), CURRENCIES)
def test_decimal_is_exact_or_rejected(amount: Decimal, currency: str) -> None:
    plausible = amount.is_finite() and abs(int(amount.as_tuple().exponent)) < 500
    minor = Fraction(amount) * 10 ** MINOR_UNIT_DIGITS[currency] if plausible else Fraction(-1)

    if minor.denominator == 1 and 0 <= minor <= MAX_MINOR_UNITS:
        assert Money.of(amount, currency).amount == amount
    else:
        with pytest.raises(InvalidAmount):
            Money.of(amount, currency)


@given(st.floats(), CURRENCIES)
def test_float_is_its_shortest_decimal(amount: float, currency: str) -> None:
    try:
        money = Money.of(amount, currency)
    except InvalidAmount:
        return

    assert money.amount == Decimal(repr(amount))


@each_case(
    "amount",
    [
        -1,
        -0.01,
        Decimal("-0.01"),
        float("nan"),
        Decimal("NaN"),
        Decimal("sNaN"),
        float("inf"),
        float("-inf"),
        Decimal("Infinity"),
        0.001,
        1.005,
        34.116425,
        Decimal("0.30000000000000004"),
        0.3000001,
        0.30000000000002,
        10.005,
        1e-7,
        5e-324,
        Decimal("1E-999999"),
        10**10 + 1,
        Decimal("10000000000.01"),
        1e16,
        1e308,
        10**4_000,
        Decimal("1E+999999"),
        True,
        False,
        None,
        "75.50",
        [75.5],
        75 + 0j,
    ],
)
def test_invalid_dollar_amount_is_rejected(amount: Any) -> None:
    with pytest.raises(InvalidAmount):
        Money.of(amount, "USD")


def test_error_of_a_float_sum_is_no_decimal() -> None:
    assert Money.of(0.1 + 0.2, "USD") == Money(30, "USD")
    assert Money.of(1.1 + 2.2, "USD") == Money(330, "USD")
    assert Money.of(1234.1 * 3, "USD") == Money(370_230, "USD")
    assert Money.of(0.7 + 0.1 + 0.1 - 1e-16, "USD") == Money(90, "USD")


def test_excess_decimals_are_rejected_at_any_place() -> None:
    with pytest.raises(InvalidAmount):
        Money.of(Decimal("1.0000000000000000000000000000001"), "USD")


@each_case("minor", [-1, MAX_MINOR_UNITS + 1, 10**30, 1.0, 0.5, True, False, None, "1", Decimal(1)])
def test_minor_units_out_of_range_are_rejected(minor: Any) -> None:
    with pytest.raises(InvalidAmount):
        Money(minor, "USD")


def test_zero_and_maximum_are_accepted() -> None:
    assert Money.of(10_000_000_000, "USD") == Money(MAX_MINOR_UNITS, "USD")
    assert Money.of(MAX_MINOR_UNITS, "JPY") == Money(MAX_MINOR_UNITS, "JPY")
    assert Money.of(0, "USD") == Money.of(-0.0, "USD") == Money(0, "USD")


@each_case("currency", ["usd", "", "XXX", "XTS", "XAU", "US", "USDX", "ＵＳＤ", "USD ", None])
def test_unknown_currency_is_rejected(currency: Any) -> None:
    for make in (Money, Money.of):
        with pytest.raises(InvalidAmount) as refusal:
            make(1, currency)
        assert refusal.value.field == "currency"


def test_currency_codes_are_three_unique_letters() -> None:
    assert len(MINOR_UNIT_DIGITS) > 150
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in MINOR_UNIT_DIGITS)
    assert set(MINOR_UNIT_DIGITS.values()) == {0, 2, 3, 4}


def test_different_currencies_are_never_equal() -> None:
    assert Money(100, "USD") != Money(100, "EUR")
