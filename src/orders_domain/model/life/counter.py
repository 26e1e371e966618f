"""Counters of the units of a line."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counter:
    """The units of one line that are shipped, cancelled or returned: shipped + cancelled <= quantity of the line."""

    shipped: int = 0
    cancelled: int = 0
    returned: int = 0  # of those shipped
