"""Charges of an order, and the share that each unit of a line has in the total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from orders_domain.errors import InvalidAmount, InvalidValue
from orders_domain.model.values.json_values import JSON, JSONObject, checked, text_error
from orders_domain.model.values.money import MAX_MINOR_UNITS, Money

MAX_CHARGES = 100
MAX_CODE_LENGTH = 64
MAX_TEXT_LENGTH = 255


class ChargeKind(Enum):
    SHIPPING = "shipping"
    TAX = "tax"
    DISCOUNT = "discount"
    FEE = "fee"


SPREAD = frozenset({ChargeKind.TAX, ChargeKind.DISCOUNT})
"""Added charges of an order that its units share; the others are refunded by their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A charge of an order, or of one of its lines. The amount is signed, in minor units of the order's currency.

    An ``included`` charge is a part of the prices, such as a tax; another one is added to them.

    Raises:
        InvalidValue: a text is not storable or too long, a discount is positive, another charge is negative, or the
            amount is beyond 10^12 minor units.
    """

    kind: ChargeKind
    amount_minor: int
    code: str = ""
    text: str = ""
    line: int | None = None  # the number of a line; None for a charge of the order
    included: bool = False

    def __post_init__(self) -> None:
        for name, text, longest in (("code", self.code, MAX_CODE_LENGTH), ("text", self.text, MAX_TEXT_LENGTH)):
            if not isinstance(text, str) or len(text) > longest:
                raise InvalidValue(f"Must be a string of up to {longest} characters.", field=f"charges.{name}")
            if error := text_error(text):
                raise InvalidValue(f"The text {error}.", field=f"charges.{name}")
        if type(self.amount_minor) is not int or abs(self.amount_minor) > MAX_MINOR_UNITS:
            raise InvalidAmount(
                f"Must be a whole number of at most {MAX_MINOR_UNITS} minor units.", field="charges.amount_minor"
            )
        if (self.amount_minor > 0) if self.kind is ChargeKind.DISCOUNT else (self.amount_minor < 0):
            sign = "must not be positive" if self.kind is ChargeKind.DISCOUNT else "must not be negative"
            raise InvalidAmount(f"The amount of a {self.kind.value} {sign}.", field="charges.amount_minor")

    def as_json(self) -> JSONObject:
        return {
            "kind": self.kind.value,
            "amount_minor": self.amount_minor,
            "code": self.code,
            "text": self.text,
            "line": self.line,
            "included": self.included,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, JSON]) -> Charge:
        line = value["line"]
        return cls(
            kind=ChargeKind(value["kind"]),
            amount_minor=checked(int, value["amount_minor"]),
            code=checked(str, value["code"]),
            text=checked(str, value["text"]),
            line=None if line is None else checked(int, line),
            included=checked(bool, value["included"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """The frozen division of an order's total: an amount for each line, and one for each charge refunded by itself.

    ``sum(by_line) + sum(by_charge.values())`` is the total. Amounts are minor units.
    """

    by_line: tuple[int, ...]  # by the position of the line
    by_charge: Mapping[int, int]  # by the number of the charge

    def of_units(self, position: int, quantity: int, *, first: int, units: int) -> int:
        """Return the amount of ``units`` units of a line, from unit ``first`` (0-based) of its ``quantity`` on.

        Any sequence of refunds that covers the line once ends at the line's amount.
        """
        return self._of_first(position, quantity, first + units) - self._of_first(position, quantity, first)

    def _of_first(self, position: int, quantity: int, units: int) -> int:
        share, larger = divmod(self.by_line[position], quantity)
        return share * units + min(units, larger)


def divided(total: int, weights: Sequence[int]) -> list[int]:
    """Divide a total in proportion to non-negative weights by largest remainder; equal weights if all are 0.

    The parts are whole and their sum is the total, which may be negative.
    """
    if not weights:
        return []
    if not sum(weights):
        weights = [1] * len(weights)
    all_weights, size, sign = sum(weights), abs(total), (-1 if total < 0 else 1)
    parts = [size * weight // all_weights for weight in weights]
    remainders = [size * weight % all_weights for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: (-remainders[place], place))
    for place in by_remainder[: size - sum(parts)]:
        parts[place] += 1
    return [sign * part for part in parts]


def shares(subtotals: Sequence[int], charges: Sequence[Charge]) -> Shares:
    """Return the division of the sum of the subtotals and the added charges.

    Raises:
        InvalidValue: a charge is of a line that does not exist; or the discounts of a line, or of the order, exceed the
            amount that they reduce.
    """
    by_line = list(subtotals)
    by_charge: dict[int, int] = {}
    spread = 0
    for number, charge in enumerate(charges, start=1):
        if charge.line is not None and not 1 <= charge.line <= len(subtotals):
            raise InvalidValue(
                f"Must be the number of a line, 1 to {len(subtotals)}.", field=f"charges.{number - 1}.line"
            )
        if charge.included:
            continue
        if charge.line is not None:
            by_line[charge.line - 1] += charge.amount_minor
        elif charge.kind in SPREAD:
            spread += charge.amount_minor
        else:
            by_charge[number] = charge.amount_minor
    if (lowest := min(by_line, default=0)) < 0:
        raise InvalidValue(
            f"The discounts of line {by_line.index(lowest) + 1} must not exceed its amount.", field="charges"
        )
    if spread < -sum(by_line):
        raise InvalidValue(
            f"The discounts of the order ({-spread} minor units net of taxes) must not exceed its lines "
            f"({sum(by_line)} minor units).",
            field="charges",
        )
    parts = divided(spread, by_line)
    return Shares(by_line=tuple(map(sum, zip(by_line, parts, strict=True))), by_charge=by_charge)


def added_total(subtotals: Sequence[int], charges: Sequence[Charge], currency: str) -> Money:
    """Return the total: the subtotals and the added charges.

    Raises:
        InvalidAmount: the sum is not a valid amount.
    """
    added = sum(charge.amount_minor for charge in charges if not charge.included)
    try:
        return Money(sum(subtotals) + added, currency)
    except InvalidAmount as error:
        raise InvalidAmount(str(error), field="charges") from None
