"""Charges: exact totals, and shares of units that end at the total in any order of refunds."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orders_domain.errors import InvalidAmount, InvalidValue
from orders_domain.model.life.charges import Charge, ChargeKind, added_total, divided, shares
from tests.support.cases import each_case
from tests.support.depth import effort

CURRENCIES = ("JPY", "USD", "KWD", "CLF")  # 0, 2, 3 and 4 decimals
LINES = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 10_000)), min_size=1, max_size=8)


@st.composite
def charged(draw: st.DrawFn) -> tuple[list[tuple[int, int]], list[Charge]]:
    """Lines of a quantity and a price, and charges that do not exceed them."""
    lines = draw(LINES)
    left = [quantity * price for quantity, price in lines]
    charges = []
    for _ in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(ChargeKind))
        line = draw(st.none() | st.integers(1, len(lines)))
        bound = (sum(left) if line is None else left[line - 1]) // 8
        amount = draw(st.integers(0, max(bound, 0)))
        signed = -amount if kind is ChargeKind.DISCOUNT else amount
        included = draw(st.booleans())
        charges.append(Charge(kind=kind, amount_minor=signed, line=line, included=included))
    return lines, charges


@pytest.mark.parametrize("part", range(effort(1, 10)))  # each within the time limit of a test
@settings(max_examples=effort(30, 10_000))
@given(case=charged(), currency=st.sampled_from(CURRENCIES), order=st.randoms(use_true_random=False))
def test_any_order_of_refunds_ends_at_the_total(
    case: tuple[list[tuple[int, int]], list[Charge]], currency: str, order: random.Random, part: int
) -> None:
    lines, charges = case
    subtotals = [quantity * price for quantity, price in lines]
    try:
        frozen = shares(subtotals, charges)
    except InvalidValue:
        return  # several discounts of one line may exceed it
    total = added_total(subtotals, charges, currency)

    units = [place for place, (quantity, _) in enumerate(lines) for _ in range(quantity)]
    order.shuffle(units)
    refunded = dict.fromkeys(range(len(lines)), 0)
    amount = sum(frozen.by_charge.values())
    for place in units:
        part = frozen.of_units(place, lines[place][0], first=refunded[place], units=1)
        assert part >= 0
        amount += part
        refunded[place] += 1

    assert amount == total.minor


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=50))
def test_division_is_exact_and_proportional(total: int, weights: list[int]) -> None:
    parts = divided(total, weights)

    assert sum(parts) == total
    if sum(weights):
        quotas = [abs(total) * weight / sum(weights) for weight in weights]
        assert all(abs(abs(part) - quota) < 1 + quota * 1e-9 for part, quota in zip(parts, quotas, strict=True))
        assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if not weight)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (10, [1, 1, 1], [4, 3, 3]),
        (-10, [1, 1, 1], [-4, -3, -3]),
        (2, [0, 5, 0], [0, 2, 0]),
        (3, [0, 0], [2, 1]),
        (5, [], []),
    ],
)
def test_division_gives_the_rest_to_the_largest(total: int, weights: Sequence[int], parts: list[int]) -> None:
    assert divided(total, weights) == parts


@pytest.mark.parametrize(
    ("charges", "by_line", "by_charge"),
    [
        ([Charge(kind=ChargeKind.SHIPPING, amount_minor=500)], (300, 700), {1: 500}),
        ([Charge(kind=ChargeKind.DISCOUNT, amount_minor=-100)], (270, 630), {}),
        ([Charge(kind=ChargeKind.TAX, amount_minor=190, included=True)], (300, 700), {}),
        ([Charge(kind=ChargeKind.TAX, amount_minor=100)], (330, 770), {}),
        ([Charge(kind=ChargeKind.FEE, amount_minor=50, line=2)], (300, 750), {}),
    ],
)
def test_charge_belongs_to_units_or_to_itself(
    charges: list[Charge], by_line: tuple[int, ...], by_charge: dict[int, int]
) -> None:
    frozen = shares([300, 700], charges)

    assert (frozen.by_line, frozen.by_charge) == (by_line, by_charge)


@each_case(
    ("charge", "field"),
    [
        ({"kind": ChargeKind.DISCOUNT, "amount_minor": 1}, "charges.amount_minor"),
        ({"kind": ChargeKind.SHIPPING, "amount_minor": -1}, "charges.amount_minor"),
        ({"kind": ChargeKind.TAX, "amount_minor": 10**12 + 1}, "charges.amount_minor"),
        ({"kind": ChargeKind.TAX, "amount_minor": True}, "charges.amount_minor"),
        ({"kind": ChargeKind.TAX, "amount_minor": 1, "code": "x" * 65}, "charges.code"),
        ({"kind": ChargeKind.TAX, "amount_minor": 1, "text": "\x00"}, "charges.text"),
    ],
)
def test_invalid_charge_is_rejected(charge: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        Charge(**charge)  # type: ignore[arg-type]

    assert refusal.value.field == field


@pytest.mark.parametrize("line", [None, 1])
def test_discount_beyond_its_amount_is_rejected(line: int | None) -> None:
    with pytest.raises(InvalidValue, match="must not exceed"):
        shares([300], [Charge(kind=ChargeKind.DISCOUNT, amount_minor=-301, line=line)])


def test_charge_of_unknown_line_is_rejected() -> None:
    with pytest.raises(InvalidValue, match="1 to 1") as refusal:
        shares([300], [Charge(kind=ChargeKind.FEE, amount_minor=1, line=2)])

    assert refusal.value.field == "charges.0.line"


def test_total_beyond_the_maximum_is_rejected() -> None:
    with pytest.raises(InvalidAmount):
        added_total([10**12], [Charge(kind=ChargeKind.FEE, amount_minor=1)], "USD")


def test_stored_charge_is_read_as_it_was() -> None:
    for number in range(effort(20, 1_000)):
        charge = Charge(kind=list(ChargeKind)[number % 4], amount_minor=0, code=str(number), line=number or None)
        assert Charge.from_json(charge.as_json()) == charge
