"""Analytics port: figures of the stored orders, possibly read from a replica."""

from collections.abc import Callable
from typing import TypeAlias

from orders_domain.model.analytics import Analytics as Figures
from orders_domain.model.analytics import Period

AnalyticsReader: TypeAlias = Callable[[Period], Figures]
"""Return the figures of a period.

They include the orders placed in the period, in its currency, that are not deleted. Each order counts under its current
status, in the bucket in which it was placed. The products are those of the catalogue with the highest revenue, without
cancelled orders; equal revenues are ordered by id.

Raises:
    StoreUnavailable: the store is unavailable.
"""
