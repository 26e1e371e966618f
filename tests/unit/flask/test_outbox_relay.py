"""The relay worker: it sends before all else, and tidies up when there is nothing to send."""

from dataclasses import dataclass, field

from orders_domain.use_cases import PurgeResult, RelayResult
from orders_flask.workers.outbox_relay import OutboxRelay
from tests.support.examples import Clock


@dataclass
class Story:
    """What the relay does, in its order; it ends with the last turn told."""

    turns: list[RelayResult]
    prunings: list[PurgeResult]
    clock: Clock = field(default_factory=Clock)
    told: list[str] = field(default_factory=list)

    def happens(self) -> list[str]:
        relay = OutboxRelay(
            relay_events=self.relay_events, purge_expired_data=self.prune, wait=self.wait, clock=self.clock
        )
        self.relay = relay
        relay.run()
        return self.told

    def relay_events(self) -> RelayResult:
        if len(self.turns) == 1:
            self.relay.stop.set()
        relayed = self.turns.pop(0)
        self.told.append(f"sent {relayed.sent}")
        return relayed

    def prune(self) -> PurgeResult:
        pruned = self.prunings.pop(0) if self.prunings else PurgeResult()
        self.told.append(f"pruned {pruned.events + pruned.keys}")
        return pruned

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.told.append("waited")


def test_full_outbox_delays_the_purge() -> None:
    story = Story([RelayResult(sent=500), RelayResult(sent=500), RelayResult(rejected=1)], [])

    assert story.happens() == ["sent 500", "sent 500", "sent 0"]


def test_purge_alternates_with_the_outbox() -> None:
    story = Story([RelayResult()] * 3, [PurgeResult(events=1_000), PurgeResult(keys=7)])

    assert story.happens() == ["sent 0", "pruned 1000", "sent 0", "pruned 7", "sent 0", "pruned 0", "waited"]


def test_empty_purge_pauses_for_ten_seconds() -> None:
    told = Story([RelayResult()] * 41, []).happens()

    assert told.count("waited") == 41
    assert [turn for turn, what in enumerate(told) if what == "pruned 0"] == [1, 42, 83]
