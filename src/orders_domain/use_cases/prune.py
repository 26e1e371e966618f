"""Forget what nobody can ask for any more."""

from dataclasses import dataclass
from datetime import timedelta

from orders_domain import once
from orders_domain.ports.clock import Clock
from orders_domain.ports.idempotency import KeptKeys
from orders_domain.ports.outbox import Outbox

SENT_EVENTS_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Pruned:
    """How much was forgotten."""

    events: int = 0
    keys: int = 0

    def __add__(self, other: "Pruned") -> "Pruned":
        return Pruned(self.events + other.events, self.keys + other.keys)


def prune(*, outbox: Outbox, keys: KeptKeys, clock: Clock, limit: int = 1_000) -> Pruned:
    """Forget at most ``limit`` of each: events sent a week ago, and idempotency keys of more than 24 hours ago.

    Where it returns ``Pruned()``, nothing is left to forget.

    Raises:
        StoreUnavailable: the store is away.
    """
    now = clock()
    return Pruned(
        events=outbox.prune(sent_before=now - SENT_EVENTS_KEPT, limit=limit),
        keys=keys.prune(kept_before=now - once.KEPT, limit=limit),
    )
