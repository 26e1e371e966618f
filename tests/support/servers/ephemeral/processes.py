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
    tree = _stopped(process.pid) if process.poll() is None else []
    signal_all(tree, signal.SIGKILL)
    process.wait(10)
    deadline = time.monotonic() + 10
    while any(_lives(pid) for pid in tree) and time.monotonic() < deadline:
        time.sleep(0.01)


def _stopped(pid: int) -> list[int]:
    """Stop a process and its children, and return their ids: a stopped process starts no further child."""
    tree: list[int] = []
    while found := [one for one in (pid, *descendants(pid)) if one not in tree]:
        signal_all(found, signal.SIGSTOP)
        tree += found
    return tree


def _lives(pid: int) -> bool:
    """Return whether a thread of the process runs: its first thread may have ended before the others."""
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        with suppress(OSError):  # the thread ended meanwhile
            if "\nState:\tZ" not in status.read_text():
                return True
    return False
