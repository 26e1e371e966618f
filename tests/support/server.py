"""`orders serve` or another command that serves, in a separate process, behind a socket."""

import signal
import socket
import subprocess
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.error import URLError

from tests.support.command import environment, orders
from tests.support.process_pool import Forked
from tests.support.servers.ephemeral import processes
from tests.support.servers.ephemeral.server import HOST, free_port


class Served:
    """`with Served(directory) as served: ...` runs `orders serve` in the directory, and ends it as Ctrl-C would.

    `command` is another command that serves.
    """

    def __init__(self, directory: Path, *arguments: str, command: str = "serve", **settings: str) -> None:
        self.directory = directory
        self.port = free_port()
        self._command = command
        self._arguments = arguments
        self._environment = environment(**{"DEMO_ORDERS": "0", **settings})

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def token(self, subject: str, *options: str) -> str:
        return orders("token", subject, *options, here=self.directory).stdout.strip()

    def exchange(self, request: bytes) -> bytes:
        """Send the bytes of a request over a new connection; return the bytes of the response."""
        with socket.create_connection((HOST, self.port), timeout=20) as connection:
            with suppress(ConnectionError):  # the server may respond before it has read the request completely
                connection.sendall(request)
            answer = b""
            while part := connection.recv(65536):
                answer += part
        return answer

    def interrupt(self) -> int:
        """Send SIGINT as Ctrl-C does; return the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)

    def __enter__(self) -> Self:
        log = self.directory / "output"
        log.unlink(missing_ok=True)
        words = [self._command, "--port", str(self.port), *self._arguments]
        self.process = Forked(words, self._environment, log, here=self.directory)
        self._wait_for_an_answer()
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                processes.kill(self.process)

    @property
    def output(self) -> str:
        return (self.directory / "output").read_text(errors="replace")

    def _wait_for_an_answer(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2):
                    return
            except (URLError, OSError):
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        self.__exit__()
        raise AssertionError(f"orders {self._command} did not start: {self.output[-2000:]}")
