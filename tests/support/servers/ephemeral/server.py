"""Base class of ephemeral servers; subclasses define the command and the version query."""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from tests.support.servers.discovery import Unavailable
from tests.support.servers.ephemeral import processes

HOST = "127.0.0.1"
PORTS = (15_000, 32_000)


def free_port() -> int:
    """Return a free port below the range of outgoing connections.

    A client could occupy a port of that range while its server is stopped.
    """
    while True:
        port = random.SystemRandom().randrange(*PORTS)  # processes with the same random seed must use different ports
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port


class Throwaway(ABC):
    """A server in a temporary directory: `with ThrowawayRedis() as server: ...` starts it and removes it.

    After `stop`, `kill` or `freeze` it returns with the same address and data (`start`, `thaw`).
    """

    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    patience: ClassVar[float] = 30  # seconds for a start, and for an orderly stop
    account: str | None = None  # the user that runs the server, if it is not the current user
    place: Path | None = None  # where its directory is created, if not with all temporary files

    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """The address of the server."""

    @abstractmethod
    def prepare(self) -> None:
        """Create the files that the server needs in `directory`."""

    @abstractmethod
    def command(self) -> Sequence[str]:
        """The program and its arguments; it stays in the foreground."""

    @abstractmethod
    def version(self) -> str:
        """Return the version of the running server, or raise `Unavailable`."""

    def environment(self) -> Mapping[str, str]:
        """Environment variables of the server, in addition to those of this process."""
        return {}

    def __enter__(self) -> Self:
        self.directory = Path(tempfile.mkdtemp(prefix="orders-test-", dir=self.place))
        try:
            if self.account is not None:
                shutil.chown(self.directory, self.account)
            self.prepare()
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self) -> None:
        """Start the server and return when it responds; a running server is left unchanged."""
        if self._process is not None:
            return
        with (self.directory / "output").open("ab") as output:
            self._process = subprocess.Popen(
                self.command(),
                cwd=self.directory,
                env=os.environ | self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                user=self.account,
                start_new_session=True,  # Ctrl-C ends the tests, which then stop the server
            )
        self._wait_for_an_answer(self._process)

    def stop(self) -> None:
        """Stop the server in good order; it is killed after the timeout."""
        if self._process is None:
            return
        self.thaw()
        self._process.send_signal(self.stop_signal)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(self.patience)
        self.kill()

    def kill(self) -> None:
        """Kill the server without a shutdown, as a power cut would."""
        if self._process is not None:
            processes.kill(self._process)
            self._process = None

    def freeze(self) -> None:
        """Suspend the server, which retains its port and its connections."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Resume a frozen server."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            family = [self._process.pid, *processes.descendants(self._process.pid)]
            processes.signal_all(family, number)

    def _wait_for_an_answer(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self.patience
        while True:
            try:
                self.version()
                return
            except Unavailable as why:
                if process.poll() is None and time.monotonic() < deadline:
                    time.sleep(0.05)
                    continue
                self.kill()
                raise Unavailable(f"{Path(self.command()[0]).name} did not start: {self._last_line() or why}") from why

    def _last_line(self) -> str:
        lines = (self.directory / "output").read_text(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else ""
