"""Schedule of the faults: all of them, shuffled by the seed, repeatedly."""

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from random import Random

from tests.support.servers.ephemeral import ThrowawayRabbit
from tests.torture.faults import network, processes, stores, strangers
from tests.torture.faults.fault import Fault, Scene
from tests.torture.log import Interval, now

DECK: Sequence[Fault] = (*processes.FAULTS, *stores.FAULTS, *network.FAULTS, *strangers.FAULTS)
PAUSE = (0.2, 1.0)  # seconds between two faults
SOMETIMES = 0.25  # the next fault starts before this one has ended
WEB = frozenset({"worker", "service", "server"})


def chosen(names: Sequence[str]) -> Sequence[Fault]:
    """The faults whose name contains one of the names; all faults if there are no names."""
    faults = [fault for fault in DECK if not names or any(name in fault.name for name in names)]
    if not faults:
        raise ValueError(f"Faults must be among: {', '.join(fault.name for fault in DECK)}.")
    return faults


def may_overlap(first: Fault, second: Fault) -> bool:
    """Whether two faults may overlap: only with different targets, where all web processes are one target."""
    return len({"web" if fault.target in WEB else fault.target for fault in (first, second)}) == 2


class Schedule:
    """`start`, and later `stop`, which returns after every repair."""

    def __init__(self, scene: Scene, *, seed: int, faults: Sequence[str], has_integrations: bool, log: Path) -> None:
        self._log = log
        self._scene = scene
        self._chance = Random(f"{seed} faults")
        self._deck = [fault for fault in chosen(faults) if has_integrations or not fault.integrations]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="faults", daemon=True)
        self.intervals: list[Interval] = []
        self.errors: list[BaseException] = []
        self.current = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(2 * ThrowawayRabbit.patience)

    def _run(self) -> None:
        running: list[tuple[Fault, threading.Thread]] = []
        for fault in self._deal():
            hurry = self._chance.random() < SOMETIMES
            for other, thread in running:
                if not ((hurry or other.lasts) and may_overlap(fault, other)):
                    thread.join()
            if self._stopping.wait(self._chance.uniform(*PAUSE)):
                break
            running = [(other, thread) for other, thread in running if thread.is_alive()]
            thread = threading.Thread(target=self._inflict, args=(fault, Random(self._chance.random())))
            thread.start()
            running.append((fault, thread))
        for _, thread in running:
            thread.join()

    def _deal(self) -> Iterator[Fault]:
        while True:
            deck = list(self._deck)
            self._chance.shuffle(deck)
            yield from deck

    def _inflict(self, fault: Fault, chance: Random) -> None:
        began, self.current = now(), fault.name
        try:
            mend = fault.strike(replace(self._scene, chance=chance))
            try:
                self._stopping.wait(chance.uniform(*fault.seconds))
            finally:
                if mend is not None:
                    mend()
        except Exception as error:  # noqa: BLE001 - the run reports it as its own flaw
            self.errors.append(error)
        interval = Interval(name=fault.name, began=began, ended=now())
        self.intervals.append(interval)
        with self._log.open("a") as file:
            file.write(f"{json.dumps(asdict(interval))}\n")
        self.current = ""
