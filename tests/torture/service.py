"""Processes of the service, each restarted when it ends, as a process supervisor does."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol, Self

from tests.support.command import Ended, run_forked
from tests.support.process_pool import Forked
from tests.support.servers.ephemeral import processes

RESTART_SECONDS = 0.3  # seconds between the end of a process and its restart


class Process(processes.Killable, Protocol):
    """The interface of `subprocess.Popen` that the supervision of a process needs."""

    def wait(self, timeout: float | None = None) -> int: ...


class Supervised:
    """One process, which `spawn` starts. All of its starts write to one log."""

    def __init__(self, name: str, spawn: Callable[[Path], Process], directory: Path) -> None:
        self.name = name
        self._new_process = spawn
        self._log = directory / f"{name}.log"
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._process: Process | None = None
        self._watcher = threading.Thread(target=self._watch, name=f"supervisor of {name}", daemon=True)
        self.starts = 0

    def start(self) -> None:
        self._spawn()
        self._watcher.start()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def children(self) -> list[int]:
        """The worker processes."""
        return processes.descendants(self.pid) if self.pid else []

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def kill(self) -> None:
        """SIGKILL, with its child processes."""
        if self._process is not None:
            processes.kill(self._process)

    def signal(self, number: signal.Signals, *, alone: bool = False) -> None:
        """Send a signal to the process, and to its child processes unless `alone`."""
        if pid := self.pid:
            processes.signal_all([pid] if alone else [pid, *processes.descendants(pid)], number)

    def stop(self) -> float:
        """Stop the process gracefully and finally; return the duration in seconds."""
        began = time.monotonic()
        with self._starting:
            self._stopping.set()
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM, alone=True)
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(20)
            self.kill()
        if self._watcher.is_alive():
            self._watcher.join(5)
        return time.monotonic() - began

    def _spawn(self) -> None:
        self.starts += 1
        self._process = self._new_process(self._log)
        self._note(f"started as {self._process.pid}")

    def _note(self, line: str) -> None:
        with self._log.open("a") as output:
            output.write(f"--- {time.monotonic():.2f} {self.name} {line}\n")

    def _watch(self) -> None:
        while self._process is not None:
            self._note(f"ended with {self._process.wait()}")
            self._stopping.wait(RESTART_SECONDS)
            with self._starting:
                if self._stopping.is_set():
                    return
                self._spawn()


class Service:
    """Two web workers, two relays and two tracking consumers; with integrations, two deliverers of
    webhooks and two consumers of payment facts.

    With `forked`, each process is forked from one that has imported the service, because an import takes a second.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        port: int,
        directory: Path,
        defect: str | None,
        forked: bool = False,
        has_integrations: bool = False,
    ) -> None:
        self.port = port
        self.environment = os.environ | environment
        self._program = [sys.executable, "-m", "orders_flask"]
        if defect:
            self._program = [sys.executable, "-m", "tests.torture.defects", defect, "--"]
        self._directory = directory
        self._forked = forked and not defect
        self.web = self._process("web", "serve", "--port", str(port), "--workers", "2", "--no-relay")
        self.relays = [self._process(f"relay-{number}", "relay") for number in (1, 2)]
        self.consumers = [self._process(f"track-{number}", "track") for number in (1, 2)]
        self.deliverers = [self._process(f"webhooks-{number}", "webhooks") for number in (1, 2) if has_integrations]
        self.payments = [self._process(f"payments-{number}", "payments") for number in (1, 2) if has_integrations]

    @property
    def processes(self) -> list[Supervised]:
        return [self.web, *self.relays, *self.consumers, *self.deliverers, *self.payments]

    def run(self, *words: str, seconds: float = 30) -> Ended:
        """Run one command of the service."""
        if self._forked:
            return run_forked(words, self.environment, here=self._directory, seconds=seconds)
        ended = subprocess.run(
            [*self._program, *words], env=self.environment, capture_output=True, text=True, timeout=seconds
        )
        return Ended(returncode=ended.returncode, stdout=ended.stdout, stderr=ended.stderr)

    def __enter__(self) -> Self:
        for process in self.processes:
            process.start()
        return self

    def __exit__(self, *_: object) -> None:
        stopping = [threading.Thread(target=process.stop) for process in self.processes]
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join(30)

    def _process(self, name: str, *words: str) -> Supervised:
        return Supervised(name, lambda log: self._spawn(words, log), self._directory)

    def _spawn(self, words: Sequence[str], log: Path) -> Process:
        if self._forked:
            return Forked(words, self.environment, log, here=self._directory)
        with log.open("ab") as output:
            return subprocess.Popen(
                [*self._program, *words],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for the harness, which stops its processes itself
            )
