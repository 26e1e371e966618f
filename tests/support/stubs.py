"""Stubs of brokers and caches with scripted results, which record their calls."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from orders_adapters.memory.order_cache import InMemoryOrderCache
from orders_domain import Event
from orders_domain.errors import PublisherUnavailable


def nothing(_: Event) -> None:
    """Reject no event."""


class ScriptedPublisher:
    """A broker that rejects events by ``refuses``, and becomes unavailable after ``away`` further events.

    ``taken`` are the accepted events in order, ``tries`` counts the attempts of each. A broker that becomes unavailable
    in the middle of a call has accepted its first events, but the caller gets an error.
    """

    def __init__(self) -> None:
        self.refuses: Callable[[Event], str | None] = nothing
        self.away_after: int | None = None
        self.taken: list[Event] = []
        self.tries: Counter[UUID] = Counter()

    def publish(self, events: Sequence[Event]) -> Sequence[str | None]:
        assert len({event.order_id for event in events}) == len(events), "two events of one order in one breath"
        outcomes = []
        for event in events:
            if self.away_after == 0:
                raise PublisherUnavailable("The broker hung up.")
            self.tries[event.id] += 1
            refusal = self.refuses(event)
            if refusal is None:
                self.taken.append(event)
                self.away_after = None if self.away_after is None else self.away_after - 1
            outcomes.append(refusal)
        return outcomes

    def versions(self) -> dict[UUID, list[int]]:
        """The accepted versions by order, without duplicates."""
        seen: dict[UUID, list[int]] = {}
        for event in self.taken:
            versions = seen.setdefault(event.order_id, [])
            versions += [event.version] if event.version not in versions else []
        return seen


class ForgetfulCache(InMemoryOrderCache):
    """A cache that ignores invalidations while ``deaf``."""

    deaf = False

    def invalidate(self, versions: Mapping[UUID, int]) -> bool:
        return False if self.deaf else super().invalidate(versions)
