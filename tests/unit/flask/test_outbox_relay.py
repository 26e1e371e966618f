"""Outbox relay and data purger: two loops, so that neither stops the other."""

from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from structlog.testing import capture_logs

from orders_adapters.testing.examples import NOON, Clock
from orders_domain.errors import PublisherUnavailable, StoreUnavailable
from orders_domain.model.accounts.auth_token import Revocation
from orders_domain.ports.outbox import OutboxBacklog
from orders_domain.use_cases import PurgeResult, RelayResult, purge_expired_data
from orders_flask.workers import data_purger
from orders_flask.workers.data_purger import DataPurger
from orders_flask.workers.outbox_relay import MAX_REST, OutboxRelay
from tests.support.stores import in_memory


class Stop(Event):
    """An event that nobody waits for."""

    def __init__(self, log: list[str]) -> None:
        super().__init__()
        self._log = log

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        assert 0 <= timeout <= MAX_REST
        self._log.append("rested")
        return self.is_set()


@dataclass
class ScriptedRelay:
    """The steps of the relay in their order; the last result stops it."""

    results: list[RelayResult]
    log: list[str] = field(default_factory=list)
    together: list[bool] = field(default_factory=list)

    def run_all(self, *, rests: bool = False) -> list[str]:
        self.relay = OutboxRelay(relay_events=self.relay_events, wait=lambda _: self.log.append("waited"))
        if rests:
            self.relay.stop = Stop(self.log)
        self.relay.run()
        return self.log

    def relay_events(self, *, together: bool) -> RelayResult:
        if len(self.results) == 1:
            self.relay.stop.set()
        self.together.append(together)
        relayed = self.results.pop(0)
        self.log.append(f"sent {relayed.sent}")
        return relayed


def test_relay_waits_only_when_idle() -> None:
    script = ScriptedRelay([RelayResult(sent=500), RelayResult(rejected=1), RelayResult(parked=1), RelayResult()])

    assert script.run_all() == ["sent 500", "sent 0", "sent 0", "sent 0", "waited"]


def test_relay_rests_after_a_pass_over_few_events() -> None:
    script = ScriptedRelay([RelayResult(sent=499), RelayResult(sent=500), RelayResult(sent=1), RelayResult()])

    assert script.run_all(rests=True) == ["sent 499", "rested", "sent 500", "sent 1", "rested", "sent 0", "waited"]


def test_shards_of_few_events_are_claimed_together() -> None:
    """And one by one at the start, during a backlog and after an error, so that other relays take their part."""
    script = ScriptedRelay([RelayResult(sent=sent) for sent in (1, 499, 500, 500, 0, 0)])
    script.run_all()
    assert script.together == [False, True, True, False, False, True]

    with pytest.raises(IndexError):  # there is no further result
        script.relay._step()
    script.results = [RelayResult(failures=(ValueError("row 7"),))]
    script.relay._step()
    script.results = [RelayResult()]
    script.relay._step()
    assert script.together[-3:] == [True, False, False]


def test_failed_shard_pauses_and_is_logged_once() -> None:
    failed = RelayResult(failures=(ValueError("row 7"),))

    with capture_logs() as logged:
        assert ScriptedRelay([failed, failed]).run_all() == ["sent 0", "waited"] * 2

    assert [record["event"] for record in logged] == ["shards.relay_failed"]


@dataclass
class ScriptedPurger:
    purges: list[PurgeResult]
    log: list[str] = field(default_factory=list)
    parked: int = 0

    def run_all(self) -> list[str]:
        self.purger = DataPurger(
            purge_expired_data=self.purge,
            backlog=lambda: OutboxBacklog(waiting=0, parked=self.parked),
            broker_advice=lambda: "The queue new_order has 7 tasks and no consumer.",
        )
        self.purger.run()
        return self.log

    def purge(self) -> PurgeResult:
        if len(self.purges) == 1:
            self.purger.stop.set()
        purged = self.purges.pop(0)
        self.log.append(f"purged {purged.events + purged.keys}")
        return purged


def test_purger_repeats_full_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_purger, "PURGE_INTERVAL", 0.0)
    script = ScriptedPurger([PurgeResult(events=1_000), PurgeResult(keys=7), PurgeResult(), PurgeResult()])

    assert script.run_all() == ["purged 1000", "purged 7", "purged 0", "purged 0"]


class TooSlow:
    """Ports of which each deletion takes too long."""

    def prune(self, **_: Any) -> int:
        raise StoreUnavailable("The store is unavailable or too slow.")

    def delete_finished(self, *_: Any, **__: Any) -> int:
        return self.prune()


def test_purge_goes_on_if_a_kind_fails() -> None:
    store = in_memory()
    slow: Any = TooSlow()
    store.denied.revoke({"a": Revocation(valid_from=1, until=NOON - timedelta(days=1))})
    ports: dict[str, Any] = {
        "outbox": slow,
        "idempotency_keys": store.keys,
        "revoked_tokens": store.denied,
        "inbox": store.inbox,
        "jobs": slow,
        "notifications": store.notifications,
        "webhook_queue": store.webhook_queue,
    }

    result = purge_expired_data(**ports, clock=Clock())

    assert result == PurgeResult(tokens=1, failed=("events", "jobs"))
    with pytest.raises(StoreUnavailable):
        purge_expired_data(**dict.fromkeys(ports, slow), clock=Clock())


def test_failed_kind_is_reported_and_not_repeated_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_purger, "PURGE_INTERVAL", 0.0)

    with capture_logs() as logged:
        ScriptedPurger([PurgeResult(failed=("events",)), PurgeResult()]).run_all()

    assert [record["kinds"] for record in logged if record["event"] == "purge.failed"] == [["events"]]
    assert not PurgeResult(failed=("events",)).has_deleted


def test_purger_reports_once_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_purger, "PURGE_INTERVAL", 0.0)

    with capture_logs() as logged:
        ScriptedPurger([PurgeResult()] * 3, parked=2).run_all()

    assert [record["event"] for record in logged] == ["events.parked", "queue.unconsumed"]


def test_relay_does_not_purge() -> None:
    """While the broker is away, the relay does nothing else that could be left undone."""
    relay = OutboxRelay(relay_events=unavailable, wait=lambda _: None)

    with pytest.raises(PublisherUnavailable):
        relay._step()


def unavailable(*, together: bool) -> RelayResult:
    raise PublisherUnavailable("The broker is away.")
