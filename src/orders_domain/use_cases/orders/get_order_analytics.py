"""Use case: compute the order analytics of a period."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.analytics import Analytics, Bucket, Period
from orders_domain.ports import analytics as port
from orders_domain.ports.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class GetOrderAnalytics:
    """The period, by default the last 30 days, its bucket size and currency."""

    actor: Actor
    currency: str
    since: datetime | None = None
    before: datetime | None = None
    bucket: Bucket = Bucket.DAY
    zone: tzinfo = UTC  # whose days, weeks and months the buckets are


def get_order_analytics(request: GetOrderAnalytics, *, analytics: port.AnalyticsReader, clock: Clock) -> Analytics:
    """Return the figures, for administrators (clause 002-31).

    Raises:
        AccessDenied: the actor is not an administrator.
        InvalidValue: the period is empty, or has more than 366 buckets.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    period = Period.of(
        request.since,
        request.before,
        bucket=request.bucket,
        currency=request.currency,
        zone=request.zone,
        now=clock(),
    )
    return analytics(period)
