"""Outbox relay: publishing comes first, and purging only if nothing is due."""

from dataclasses import dataclass, field

from orders_adapters.testing.examples import Clock
from orders_domain.use_cases import PurgeResult, RelayResult
from orders_flask.workers.outbox_relay import OutboxRelay


@dataclass
class ScriptedRelay:
    """The steps of the relay in their order; the last result stops it."""

    results: list[RelayResult]
    purges: list[PurgeResult]
    clock: Clock = field(default_factory=Clock)
    log: list[str] = field(default_factory=list)

    def run_all(self) -> list[str]:
        relay = OutboxRelay(
            relay_events=self.relay_events, purge_expired_data=self.prune, wait=self.wait, clock=self.clock
        )
        self.relay = relay
        relay.run()
        return self.log

    def relay_events(self) -> RelayResult:
        if len(self.results) == 1:
            self.relay.stop.set()
        relayed = self.results.pop(0)
        self.log.append(f"sent {relayed.sent}")
        return relayed

    def prune(self) -> PurgeResult:
        pruned = self.purges.pop(0) if self.purges else PurgeResult()
        self.log.append(f"pruned {pruned.events + pruned.keys}")
        return pruned

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.log.append("waited")


def test_full_outbox_delays_the_purge() -> None:
    script = ScriptedRelay([RelayResult(sent=500), RelayResult(sent=500), RelayResult(rejected=1)], [])

    assert script.run_all() == ["sent 500", "sent 500", "sent 0"]


def test_purge_alternates_with_the_outbox() -> None:
    script = ScriptedRelay([RelayResult()] * 3, [PurgeResult(events=1_000), PurgeResult(keys=7)])

    assert script.run_all() == ["sent 0", "pruned 1000", "sent 0", "pruned 7", "sent 0", "pruned 0", "waited"]


def test_empty_purge_pauses_for_ten_seconds() -> None:
    steps = ScriptedRelay([RelayResult()] * 41, []).run_all()

    assert steps.count("waited") == 41
    assert [position for position, step in enumerate(steps) if step == "pruned 0"] == [1, 42, 83]
