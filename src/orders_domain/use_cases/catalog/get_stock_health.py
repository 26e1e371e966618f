"""Say how the stock is."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.actor import Actor
from orders_domain.ports.clock import Clock
from orders_domain.ports.product_catalog import ProductCatalog, StockLevels


class StockHealth(Enum):
    """How urgent it is to buy."""

    HEALTHY = "healthy"
    WARNING = "warning"  # something is at or below its threshold
    CRITICAL = "critical"  # something is out of stock


@dataclass(frozen=True, slots=True, kw_only=True)
class GetStockHealth:
    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class StockHealthReport:
    """The stock as it was at a moment."""

    levels: StockLevels
    checked_at: datetime

    @property
    def health(self) -> StockHealth:
        if self.levels.out_of_stock:
            return StockHealth.CRITICAL
        return StockHealth.WARNING if self.levels.low_stock else StockHealth.HEALTHY


def get_stock_health(request: GetStockHealth, *, product_catalog: ProductCatalog, clock: Clock) -> StockHealthReport:
    """Return how the stock is, for administrators (clause 002-17).

    Raises:
        AccessDenied: not an administrator.
        StoreUnavailable: the store is away.
    """
    ADMIN_ONLY.authorize(request.actor)
    return StockHealthReport(levels=product_catalog.stock_levels(), checked_at=clock())
