"""Use case: find data that contradicts its history or ledger, and repair it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from orders_domain.errors import InvalidValue, OrderNotFound
from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.consistency.finding import Examined, Finding, FindingKind, Key
from orders_domain.model.order import Order
from orders_domain.ports.clock import Clock
from orders_domain.ports.consistency.checks import ConsistencyChecks
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.order_queries import OrderQueries

CACHE = "cached copies"
"""The last area, which is the cache's and not the store's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckConsistency:
    """``start`` is the area and the key after which an earlier run stopped, to resume it."""

    actor: Actor
    repair: bool = False
    start: tuple[str, Key | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistencyStep:
    """The result of one step: the number of subjects examined, and what was found and what was repaired of it."""

    area: str
    examined: int
    findings: tuple[Finding, ...]  # those that remain
    repaired: tuple[Finding, ...] = ()
    last: Key | None = None  # the position of the next step in the area; None if the area is finished


def check_consistency(
    request: CheckConsistency,
    *,
    checks: ConsistencyChecks,
    cache: OrderCache,
    queries: OrderQueries,
    clock: Clock,
) -> Iterator[ConsistencyStep]:
    """Yield a step for each batch of subjects. With ``repair``, its findings are repaired before, each by itself.

    A repair locks its subject and examines it again, so that the service may run meanwhile, and so may another check.

    Raises:
        AccessDenied: the actor is not an administrator.
        InvalidValue: there is no such area to start with.
        StoreUnavailable: the store is unavailable; each repair before is complete.
    """
    ADMIN_ONLY.authorize(request.actor)
    areas = [*checks.areas, CACHE]
    first, after = request.start or (areas[0], None)
    if first not in areas:
        raise InvalidValue(f"The area must be one of: {', '.join(areas)}.")
    return _Run(request, checks, cache, queries, clock).steps(areas[areas.index(first) :], after)


@dataclass(frozen=True, slots=True)
class _Run:
    request: CheckConsistency
    checks: ConsistencyChecks
    cache: OrderCache
    queries: OrderQueries
    clock: Clock

    def steps(self, areas: list[str], after: Key | None) -> Iterator[ConsistencyStep]:
        for area in areas:
            if area == CACHE:
                yield from self._cached()
                return
            is_last = False
            while not is_last:
                examined = self.checks.examine(area, after=after, now=self.clock())
                yield self._repaired(area, examined) if self.request.repair else _step(area, examined)
                after, is_last = examined.last, examined.last is None

    def _repaired(self, area: str, examined: Examined) -> ConsistencyStep:
        repaired: list[Finding] = []
        remaining: list[Finding] = []
        for key in dict.fromkeys(finding.key for finding in examined.findings):
            result = self.checks.repair(area, key, by=self.request.actor, at=self.clock())
            repaired += result.repaired
            remaining += result.remaining
            if result.version is not None and isinstance(key, UUID):
                self.cache.invalidate({key: result.version})
        return replace(_step(area, examined), findings=tuple(remaining), repaired=tuple(repaired))

    def _cached(self) -> Iterator[ConsistencyStep]:
        """Yield a step for all copies, and one for each that is wrong.

        A copy is examined twice, because a change is committed a moment before the copies of the order are deleted.
        """
        count, suspects = 0, list[Order]()
        for copy in self.cache.copies():
            count += 1
            suspects += [] if self._is_stored(copy) else [copy]
        yield ConsistencyStep(area=CACHE, examined=count, findings=())
        for copy in suspects:
            if self.cache.get(copy.id) != copy or self._is_stored(copy):
                continue
            is_deleted = self.request.repair and self.cache.invalidate({copy.id: copy.version + 1})
            found = (_stale(copy),)
            yield ConsistencyStep(
                area=CACHE, examined=0, findings=() if is_deleted else found, repaired=found if is_deleted else ()
            )

    def _is_stored(self, copy: Order) -> bool:
        try:
            return self.queries.get(copy.id) == copy
        except OrderNotFound:
            return False


def _step(area: str, examined: Examined) -> ConsistencyStep:
    return ConsistencyStep(area=area, examined=examined.count, findings=examined.findings, last=examined.last)


def _stale(copy: Order) -> Finding:
    return Finding(
        kind=FindingKind.CACHED_COPY,
        key=copy.id,
        subject=f"order {copy.number}",
        text=f"The copy of version {copy.version} in the cache is not the stored order.",
        repairable=True,
    )
