"""One run: service, load, faults, recovery, and the evidence."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from random import Random

from tests.torture import collector, deadlines, prepare
from tests.torture.checker.evidence import Evidence
from tests.torture.faults.fault import Scene
from tests.torture.faults.schedule import Schedule
from tests.torture.final import read_everything
from tests.torture.load.crew import SIGN_INS, Crew
from tests.torture.load.receivers import Receivers
from tests.torture.load.shared import Shared
from tests.torture.log import OperationLog
from tests.torture.options import DELIVERY_SECONDS, RECOVERY_SECONDS, STALENESS_SECONDS, Options
from tests.torture.servers import Servers
from tests.torture.service import Service

PAUSE_SECONDS = 12.0  # seconds until webhooks are retried after the load, in place of minutes; longer than an attempt


@dataclass(frozen=True, kw_only=True)
class Run:
    """`execute` returns the evidence; `say` receives the progress."""

    options: Options
    servers: Servers
    say: Callable[[str], None] = print

    def execute(self) -> Evidence:
        with ExitStack() as stack:
            log = OperationLog(self.options.directory / "operations.jsonl")
            stack.callback(log.close)
            collector.forget_the_last_run(self.servers)
            service = prepare.migrated_service(self.servers, self.options)
            prepare.create_accounts(self.servers, SIGN_INS)
            stack.enter_context(service)
            self.servers.rabbit_started.result()
            collector.bind_events(self.servers)
            seconds = prepare.wait_until_well(service, self.servers)
            prepare.wait_until_queues_last()
            self.say(f"the service is well after {seconds:.1f} s; the load begins")
            products = prepare.add_products(service.port)
            shared = Shared(port=service.port, log=log, products=products, pace=self.options.pace)
            receivers = stack.enter_context(Receivers(shared, seed=self.options.seed))
            if self.options.has_integrations:
                receivers.register()
            return self._torture(service, shared, receivers, recovery=max(RECOVERY_SECONDS, 2 * seconds))

    def _torture(self, service: Service, shared: Shared, receivers: Receivers, *, recovery: float) -> Evidence:
        broker, seed = self.servers.rabbit.url, self.options.seed
        make_due = partial(deadlines.make_due, self.servers)
        crew = Crew(shared, service=service, broker=broker, make_due=make_due, options=self.options)
        scene = Scene(service=service, servers=self.servers, chance=Random(seed))
        schedule = Schedule(
            scene,
            seed=seed,
            faults=self.options.faults,
            has_integrations=self.options.has_integrations,
            log=self.options.directory / "faults.jsonl",
        )
        crew.start()
        try:  # a run that fails must not go on in the next one
            schedule.start()
            try:
                self._watch(shared, schedule)
            finally:
                schedule.stop()
            healthy = prepare.seconds_until(lambda: prepare.is_healthy(service), 2 * recovery)
            self.say(f"healthy {_after(healthy)} the last fault; the load ends")
        finally:
            stuck = crew.stop()
        for error in (*shared.errors, *schedule.errors):
            raise RuntimeError("the harness itself has failed") from error
        receivers.behave()
        drained = prepare.seconds_until(self._is_drained, self.options.drain_seconds)
        self.say(f"drained {_after(drained)} the load; everything is looked at")
        delivered = self._delivered()
        self._wait_for_redis(schedule)
        read_everything(shared)
        crew.catch_up()
        return Evidence(
            operations=shared.log.operations,
            faults=sorted(schedule.intervals, key=lambda fault: fault.began),
            stores=collector.collect(self.servers),
            feed=shared.feed,
            endpoints=shared.endpoints,
            deliveries=list(shared.deliveries),
            delivered_after=delivered,
            initial_stock=shared.products,
            healthy_after=healthy,
            recovery_seconds=recovery,
            drained_after=drained,
            stuck_actors=stuck,
        )

    def _watch(self, shared: Shared, schedule: Schedule) -> None:
        """Report the progress until the run is over or interrupted."""
        began = time.monotonic()
        try:
            while (elapsed := time.monotonic() - began) < self.options.seconds and not shared.errors:
                counts = f"{len(shared.log):7} operations  {len(schedule.intervals):4} faults"
                self.say(f"{elapsed:5.0f} s  {counts}  {schedule.current}")
                time.sleep(min(1.0, self.options.seconds - elapsed))
        except KeyboardInterrupt:
            self.say("interrupted: the run ends early, and is checked")

    def _delivered(self) -> float | None:
        """Return the seconds until no webhook waits, where its pauses are shorter; None if it timed out."""
        began = time.monotonic()
        while (left := began + DELIVERY_SECONDS - time.monotonic()) > 0:
            deadlines.end_pauses(self.servers)
            if prepare.seconds_until(self._is_delivered, min(left, PAUSE_SECONDS)) is not None:
                return time.monotonic() - began
        return None

    def _is_delivered(self) -> bool:
        return collector.undelivered(self.servers) == 0

    def _is_drained(self) -> bool:
        return collector.unfinished(self.servers) == 0

    def _wait_for_redis(self, schedule: Schedule) -> None:
        """Wait until the checker excuses no stale read any more."""
        ends = [fault.ended for fault in schedule.intervals if "redis" in fault.name]
        if ends:
            time.sleep(max(max(ends) + STALENESS_SECONDS + 1 - time.monotonic(), 0))


def _after(seconds: float | None) -> str:
    return "never after" if seconds is None else f"{seconds:.1f} s after"
