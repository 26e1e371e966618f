"""Money: a whole number of minor units of one currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation

from orders_domain.errors import InvalidAmount
from orders_domain.model.currencies import MINOR_UNIT_DIGITS

MAX_MINOR_UNITS = 10**12
EXACT = Context(prec=2_000)
"""Arithmetic that rounds nothing JSON can say: Python's usual context keeps 28 digits only."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount that cannot be wrong: 0 to 10^12 minor units (cents, yen, ...) of an ISO 4217 currency.

    Raises:
        InvalidAmount: anything else.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.currency, str) or self.currency not in MINOR_UNIT_DIGITS:
            raise InvalidAmount("The currency is not an ISO 4217 code in use.", field="currency")
        if type(self.minor) is not int:
            raise InvalidAmount("An amount is a whole number of minor units.")
        if self.minor < 0:
            raise InvalidAmount("An amount cannot be negative.")
        if self.minor > MAX_MINOR_UNITS:
            raise InvalidAmount(f"An amount cannot be above {MAX_MINOR_UNITS} minor units.")

    @classmethod
    def of(cls, amount: Decimal | int | float, currency: str, *, field: str | None = None) -> Money:
        """Return the money that a plain number of the currency's major units stands for: ``of(75.5, "USD")``.

        A float stands for the shortest decimal that reads as it, as JSON writes it. Nothing is rounded.

        Raises:
            InvalidAmount: not a finite number, negative, too large, or finer than the currency's minor unit; ``field``
                is what the asker calls the amount.
        """
        try:
            return cls(_to_minor_units(amount, currency), currency)
        except InvalidAmount as refusal:
            raise InvalidAmount(str(refusal), field=refusal.field or field) from None

    @property
    def amount(self) -> Decimal:
        """The amount in major units, with all decimals of the currency: ``Decimal("75.50")``."""
        return to_major_units(self.minor, self.currency)


def _to_minor_units(amount: Decimal | int | float, currency: str) -> int:
    decimals = MINOR_UNIT_DIGITS.get(currency) if isinstance(currency, str) else None
    if decimals is None:
        raise InvalidAmount("The currency is not an ISO 4217 code in use.", field="currency")
    exact = to_decimal(amount)
    if exact is None:
        raise InvalidAmount("An amount is a finite number.")
    if exact.adjusted() > 15:
        raise InvalidAmount(f"An amount cannot be above {MAX_MINOR_UNITS} minor units.")
    if exact and exact.adjusted() < -decimals:  # so fine that it would vanish
        raise InvalidAmount(f"{currency} has {decimals} decimals; the amount has more.")
    minor = exact.scaleb(decimals, context=EXACT)
    if minor != minor.to_integral_value(context=EXACT):
        raise InvalidAmount(f"{currency} has {decimals} decimals; the amount has more.")
    return int(minor)


def to_major_units(minor: int, currency: str) -> Decimal:
    """Return minor units as major ones; for sums, too, which may be more than an amount can be."""
    return Decimal(minor).scaleb(-MINOR_UNIT_DIGITS[currency])


def to_decimal(number: object) -> Decimal | None:
    """Return a number as the decimal it is written as, or None for what is no finite number (booleans are none)."""
    if isinstance(number, bool) or not isinstance(number, Decimal | int | float):
        return None
    try:
        exact = Decimal(float.__repr__(number)) if isinstance(number, float) else Decimal(number)
    except (InvalidOperation, ValueError):
        return None
    return exact if exact.is_finite() else None
