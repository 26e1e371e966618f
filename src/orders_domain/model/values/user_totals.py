"""Totals of the orders of one user."""

from dataclasses import dataclass
from decimal import Decimal

from orders_domain.model.values.money import to_major_units


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTotals:
    """The user's orders that are not deleted, and the sum of those not cancelled in minor units of the currency."""

    orders: int
    paying: int  # orders that are not cancelled
    minor: int
    currency: str

    @property
    def sales(self) -> Decimal:
        """The sum in major units."""
        return to_major_units(self.minor, self.currency)

    @property
    def average(self) -> Decimal:
        """The average order that is not cancelled, in major units, rounded to the minor unit; 0 if there is none."""
        return to_major_units(round(Decimal(self.minor) / max(self.paying, 1)), self.currency)
