"""Money: a whole number of minor units of one currency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import reduce

from orders_domain.errors import InvalidAmount
from orders_domain.model.values.currencies import MINOR_UNIT_DIGITS, STORED_DIGITS

MAX_MINOR_UNITS = 10**12
_FLOAT_ERROR = Decimal("1e-13")  # minor units
_RELATIVE_FLOAT_ERROR = Decimal("1e-14")
_ROUNDED_DIGITS = 100
EXACT = Context(prec=2_000)
"""Arithmetic without rounding for any JSON number, because Python's default context has only 28 digits."""


@dataclass(frozen=True, slots=True)
class Money:
    """A valid amount: 0 to 10^12 minor units (cents, yen, ...) of an ISO 4217 currency, which may be withdrawn.

    Raises:
        InvalidAmount: the currency is not known, or the number is not an integer of this range.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.currency, str) or self.currency not in STORED_DIGITS:
            raise InvalidAmount("The currency must be an ISO 4217 code in use.", field="currency")
        if type(self.minor) is not int:
            raise InvalidAmount("An amount must be a whole number of minor units.")
        if self.minor < 0:
            raise InvalidAmount("An amount must not be negative.")
        if self.minor > MAX_MINOR_UNITS:
            raise InvalidAmount(f"An amount must be at most {MAX_MINOR_UNITS} minor units.")

    @classmethod
    def of(
        cls, amount: Decimal | int | float, currency: str, *, field: str | None = None, withdrawn: bool = False
    ) -> Money:
        """Return the money for a number of the currency's major units: ``of(75.5, "USD")``.

        A float is read as its shortest decimal representation, the one in JSON. Nothing is rounded, except that a float
        within 1e-13 of a whole number of minor units, or within 1e-14 of itself, is that number, because sums of floats
        are: 0.1 + 0.2, 1234.1 * 3.

        With ``withdrawn`` the currency may be a withdrawn one, for an amount that stored orders are compared with.

        Raises:
            InvalidAmount: not a finite number, negative, too large, or with more decimals than the currency. The
                error has the ``field`` given.
        """
        try:
            return cls(_to_minor_units(amount, currency, STORED_DIGITS if withdrawn else MINOR_UNIT_DIGITS), currency)
        except InvalidAmount as error:
            raise InvalidAmount(str(error), field=error.field or field) from None

    @property
    def amount(self) -> Decimal:
        """The amount in major units, with all decimals of the currency: ``Decimal("75.50")``."""
        return to_major_units(self.minor, self.currency)


def _to_minor_units(amount: Decimal | int | float, currency: str, digits: Mapping[str, int]) -> int:
    decimals = digits.get(currency) if isinstance(currency, str) else None
    if decimals is None:
        raise InvalidAmount("The currency must be an ISO 4217 code in use.", field="currency")
    exact = to_decimal(amount)
    if exact is None:
        raise InvalidAmount("An amount must be a finite number.")
    if exact.adjusted() > 15:
        raise InvalidAmount(f"An amount must be at most {MAX_MINOR_UNITS} minor units.")
    if exact and exact.adjusted() < -decimals:  # because scaling so small a number would underflow to 0
        raise InvalidAmount(f"An amount in {currency} must have at most {decimals} decimals.")
    minor = exact.scaleb(decimals, context=EXACT)
    nearest = minor.to_integral_value(context=EXACT)
    allowed = max(_FLOAT_ERROR, _RELATIVE_FLOAT_ERROR * nearest) if isinstance(amount, float) else 0
    if abs(EXACT.subtract(minor, nearest)) > allowed:
        raise InvalidAmount(f"An amount in {currency} must have at most {decimals} decimals.")
    return int(nearest)


def to_major_units(minor: int, currency: str) -> Decimal:
    """Convert minor units to major units. The value may exceed the maximum of an amount, because sums do."""
    return Decimal(minor).scaleb(-STORED_DIGITS[currency])


def to_decimal(number: object) -> Decimal | None:
    """Return the exact decimal value of a number, or None if the argument is a boolean or not a finite number."""
    if isinstance(number, bool) or not isinstance(number, Decimal | int | float):
        return None
    try:
        exact = Decimal(float.__repr__(number)) if isinstance(number, float) else Decimal(number)
    except (InvalidOperation, ValueError):
        return None
    return exact if exact.is_finite() else None


def ensure_in_use(money: Money) -> None:
    """Check that the currency may be used for something new.

    Raises:
        InvalidAmount: the currency was withdrawn.
    """
    if money.currency not in MINOR_UNIT_DIGITS:
        raise InvalidAmount("The currency must be an ISO 4217 code in use.", field="currency")


def rounded_sums(amounts: Sequence[Decimal], currency: str) -> tuple[Decimal, ...]:
    """Return the sums of exact amounts that traders compute, the usual one first: rounded in all or an amount.

    Each is rounded to the currency's minor unit, half up or half even. Amounts of more than 100 digits stay exact.
    """
    if max(amount.adjusted() for amount in amounts) > _ROUNDED_DIGITS:
        return (reduce(EXACT.add, amounts, Decimal()),)
    unit = Decimal(1).scaleb(-MINOR_UNIT_DIGITS[currency])
    in_all = (reduce(EXACT.add, amounts, Decimal()),)
    return tuple(
        reduce(EXACT.add, (amount.quantize(unit, rounding, context=EXACT) for amount in parts), Decimal())
        for parts in (in_all, amounts)
        for rounding in (ROUND_HALF_UP, ROUND_HALF_EVEN)
    )
