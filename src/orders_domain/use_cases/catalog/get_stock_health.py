"""Use case: report stock levels and their health."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.stock_filter import StockFilter, StockRange
from orders_domain.ports.clock import Clock
from orders_domain.ports.product_catalog import ALL_STOCK, ProductCatalog, StockLevels, StockRangeLevel


class StockHealth(Enum):
    """Urgency of restocking."""

    HEALTHY = "healthy"
    WARNING = "warning"  # a product is at or below its threshold
    CRITICAL = "critical"  # a product is out of stock


@dataclass(frozen=True, slots=True, kw_only=True)
class GetStockHealth:
    actor: Actor
    stock_filter: StockFilter = ALL_STOCK
    with_ranges: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StockHealthReport:
    """The stock levels of the products that match, at the time of the check; ``ranges`` only if they were requested."""

    levels: StockLevels
    ranges: Mapping[StockRange, StockRangeLevel]
    total_products: int  # of the catalog, whatever the filter
    checked_at: datetime

    @property
    def health(self) -> StockHealth:
        if self.levels.out_of_stock:
            return StockHealth.CRITICAL
        return StockHealth.WARNING if self.levels.low_stock else StockHealth.HEALTHY


def get_stock_health(request: GetStockHealth, *, product_catalog: ProductCatalog, clock: Clock) -> StockHealthReport:
    """Return the stock health report, for administrators (clause 002-17).

    Raises:
        AccessDenied: the actor is not an administrator.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    levels = product_catalog.stock_levels(request.stock_filter)
    ranges = product_catalog.stock_ranges(request.stock_filter) if request.with_ranges else {}
    is_filtered = request.with_ranges and request.stock_filter != ALL_STOCK
    total = (product_catalog.stock_levels(limit=0) if is_filtered else levels).total_products
    return StockHealthReport(levels=levels, ranges=ranges, total_products=total, checked_at=clock())
