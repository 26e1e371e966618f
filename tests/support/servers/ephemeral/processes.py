"""Process trees: a process and its children, signalled and killed together."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol


def descendants(pid: int) -> list[int]:
    """Return the process ids below `pid`, parents first; none without /proc."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # the process ended meanwhile
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    tree = [pid]
    for parent in tree:
        tree.extend(children.get(parent, ()))
    return tree[1:]


def signal_all(pids: list[int], number: signal.Signals) -> None:
    """Send a signal to each process that still runs."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


class Killable(Protocol):
    """The interface of `subprocess.Popen` that a kill needs."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float) -> int: ...


def kill(process: Killable) -> None:
    """Kill a process and its children, and return when they have ended."""
    children = descendants(process.pid) if process.poll() is None else []
    # The children are stopped first, because they must not react to the end of the parent.
    signal_all(children, signal.SIGSTOP)
    signal_all([process.pid] if process.poll() is None else [], signal.SIGKILL)
    signal_all(children, signal.SIGKILL)
    process.wait(10)
    deadline = time.monotonic() + 10
    while any(_lives(pid) for pid in children) and time.monotonic() < deadline:
        time.sleep(0.01)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
