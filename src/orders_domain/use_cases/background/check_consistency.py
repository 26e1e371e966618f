"""Use case: find data that contradicts its history or ledger, and repair it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from orders_domain.errors import InvalidValue
from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.consistency.finding import Finding, FindingKind, Key
from orders_domain.model.order import Order
from orders_domain.ports.clock import Clock
from orders_domain.ports.consistency.checks import ConsistencyChecks
from orders_domain.ports.order_cache import OrderCache

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
    position: tuple[str, Key | None] | None = None  # the ``start`` that continues after this step; None at the end


def check_consistency(
    request: CheckConsistency,
    *,
    checks: ConsistencyChecks,
    cache: OrderCache,
    clock: Clock,
) -> Iterator[ConsistencyStep]:
    """Yield a step for each batch of subjects, and with ``repair`` one for each subject that was repaired, before it.

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
    return _Run(request, checks, cache, clock).steps(areas[areas.index(first) :], after)


@dataclass(frozen=True, slots=True)
class _Run:
    request: CheckConsistency
    checks: ConsistencyChecks
    cache: OrderCache
    clock: Clock

    def steps(self, areas: list[str], after: Key | None) -> Iterator[ConsistencyStep]:
        for area, following in zip(areas, [*areas[1:], None], strict=True):
            if following is None:
                yield from self._cached()
                return
            is_last = False
            while not is_last:
                examined = self.checks.examine(area, after=after, now=self.clock())
                findings = examined.findings
                if self.request.repair:
                    yield from self._repaired(area, findings, position=(area, after))
                    findings = ()
                after, is_last = examined.last, examined.last is None
                position = (following, None) if is_last else (area, after)
                yield ConsistencyStep(area=area, examined=examined.count, findings=findings, position=position)

    def _repaired(
        self, area: str, findings: tuple[Finding, ...], *, position: tuple[str, Key | None]
    ) -> Iterator[ConsistencyStep]:
        """Yield a step for each subject, all with the position of the batch, which an interrupted run begins again."""
        subjects: dict[Key, list[Finding]] = defaultdict(list)
        for finding in findings:
            subjects[finding.key].append(finding)
        for key, found in subjects.items():
            result = self.checks.repair(area, key, by=self.request.actor, at=self.clock())
            if result.version is not None and isinstance(key, UUID):
                self.cache.invalidate({key: result.version})
            yield ConsistencyStep(
                area=area,
                examined=0,
                findings=tuple(finding.of_locked() for finding in found) if result.is_locked else result.remaining,
                repaired=result.repaired,
                position=position,
            )

    def _cached(self) -> Iterator[ConsistencyStep]:
        """Yield a step for each batch of copies, and one for each copy that is wrong.

        A copy is examined twice, because a change is committed a moment before the copies of the order are deleted.
        """
        for copies in self.cache.copies():
            yield ConsistencyStep(area=CACHE, examined=len(copies), findings=(), position=(CACHE, None))
            for copy in self._wrong(copies):
                if self.cache.get(copy.id) != copy or not self._wrong([copy]):
                    continue
                is_deleted = self.request.repair and self.cache.invalidate({copy.id: copy.version + 1})
                found = (_stale(copy),)
                yield ConsistencyStep(
                    area=CACHE,
                    examined=0,
                    findings=() if is_deleted else found,
                    repaired=found if is_deleted else (),
                    position=(CACHE, None),
                )

    def _wrong(self, copies: Sequence[Order]) -> list[Order]:
        stored = self.checks.stored([copy.id for copy in copies])
        return [copy for copy in copies if stored.get(copy.id) != copy]


def _stale(copy: Order) -> Finding:
    return Finding(
        kind=FindingKind.CACHED_COPY,
        key=copy.id,
        subject=f"order {copy.number}",
        text=f"The copy of version {copy.version} in the cache is not the stored order.",
        repairable=True,
    )
