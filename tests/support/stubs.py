"""Brokers and caches that do what a test tells them, and remember what they were told."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from orders_adapters.memory.order_cache import InMemoryOrderCache
from orders_domain import Event
from orders_domain.errors import PublisherUnavailable


def nothing(_: Event) -> None:
    """No refusal."""


class ScriptedPublisher:
    """A broker that asks ``refuses`` about each event, and is ``away`` after so many more events taken.

    ``taken`` are the events made safe, in order, ``tries`` counts how often each was sent. A broker that goes away
    in the middle of a call has taken the first of its events, and nobody is told.
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
        """The versions taken, by order, without those that were only sent again."""
        seen: dict[UUID, list[int]] = {}
        for event in self.taken:
            versions = seen.setdefault(event.order_id, [])
            versions += [event.version] if event.version not in versions else []
        return seen


class ForgetfulCache(InMemoryOrderCache):
    """A cache that hears nothing while ``deaf``."""

    deaf = False

    def invalidate(self, versions: Mapping[UUID, int]) -> bool:
        return False if self.deaf else super().invalidate(versions)
