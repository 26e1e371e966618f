"""CPU time of process trees, and of everything else on the machine, from /proc."""

import os
import platform
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.servers.ephemeral.processes import descendants

_TICK = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count() or 1


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Seconds of wall-clock time, CPU seconds by process tree, and the share of the machine that others took."""

    seconds: float
    cpu: Mapping[str, float]
    others: float


class Meter:
    """Measures what the process trees with these roots use; the roots are named, and their ids read at each use."""

    def __init__(self, roots: Mapping[str, Callable[[], int | None]]) -> None:
        self._roots = roots

    def start(self) -> Callable[[], Usage]:
        """Return the function that ends the measurement."""
        cpu = self._cpu()
        began, busy, own = _clocks()

        def stop() -> Usage:
            ended, busy_after, own_after = _clocks()
            used = {name: after - cpu[name] for name, after in self._cpu().items()}
            others = busy_after - busy - (own_after - own) - sum(used.values())
            seconds = max(ended - began, 1e-6)
            return Usage(seconds=seconds, cpu=used, others=max(others, 0.0) / (seconds * CORES))

        return stop

    def _cpu(self) -> dict[str, float]:
        return {name: cpu_seconds(pid) if (pid := root()) else 0.0 for name, root in self._roots.items()}


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds of a process and its descendants, with those that have ended and been waited for."""
    return sum(_own(member) for member in [pid, *descendants(pid)])


def _own(pid: int) -> float:
    with suppress(OSError, IndexError):  # the process ended meanwhile
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / _TICK
    return 0.0


def _clocks() -> tuple[float, float, float]:
    """Return the time, the busy seconds of the machine, and the CPU seconds of this process and its former children."""
    return time.monotonic(), _busy(), sum(os.times()[:4])


def _busy() -> float:
    """Return the seconds that all cores were busy since the start of the machine."""
    user, nice, system, _, _, interrupts, soft, stolen = map(
        int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    )
    return (user + nice + system + interrupts + soft + stolen) / _TICK


def description() -> str:
    """Return the processor, the cores, the memory, the system and Python's version."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), ""
    )
    memory = next((int(line.split()[1]) >> 20 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return (
        f"{cpu or platform.machine()}, {CORES} cores, {memory} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def _lines(path: str) -> list[str]:
    with suppress(OSError):
        return Path(path).read_text().splitlines()
    return []
