"""Counters of the units of a line."""

from typing import NamedTuple


class Counter(NamedTuple):
    """The units of one line that are shipped, cancelled or returned: shipped + cancelled <= quantity of the line."""

    shipped: int = 0  # an order may have a thousand of these, and they are read with each change
    cancelled: int = 0
    returned: int = 0  # of those shipped
