"""Figures of the stored orders. They may come from a replica."""

from collections.abc import Callable
from typing import TypeAlias

from orders_domain.model.analytics import Analytics as Figures
from orders_domain.model.analytics import Period

AnalyticsReader: TypeAlias = Callable[[Period], Figures]
"""The figures of a period.

Orders count that were placed in it, in its currency, and are not deleted; each in its present status, in the bucket of
the moment it was placed. Products are those of the catalogue with the largest sums of what was ordered, the orders
cancelled left out; the same sum: the lower id first.

Raises:
    StoreUnavailable: the store is away.
"""
