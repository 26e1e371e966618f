"""Parent watchdog: a worker whose server has ended exits, also if the server ended while the worker started."""

import os
import signal
import subprocess
import sys

import pytest

from orders_flask.environment import SERVER_PID
from orders_flask.workers import parent_watchdog

WORKER = """
import signal, time
from orders_flask.workers import parent_watchdog
signal.signal(signal.SIGINT, signal.SIG_DFL)  # as in a worker that starts; a shell may have ignored it
parent_watchdog.exit_with_parent()
time.sleep(30)
"""


def ended_process() -> int:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


def test_worker_of_a_server_that_has_ended_exits() -> None:
    environment = os.environ | {SERVER_PID: str(ended_process())}

    ended = subprocess.run([sys.executable, "-c", WORKER], env=environment, timeout=20)

    assert ended.returncode == -signal.SIGINT


def test_server_is_the_parent_or_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {}
    for name, number in {"parent": os.getppid(), "another": os.getpid(), "ended": ended_process()}.items():
        monkeypatch.setenv(SERVER_PID, str(number))
        found[name] = parent_watchdog.server() == number
    monkeypatch.delenv(SERVER_PID)

    assert found == {"parent": True, "another": False, "ended": True}
    assert parent_watchdog.server() is None
