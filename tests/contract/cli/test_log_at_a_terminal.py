"""Default log format: readable at a terminal, JSON otherwise."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import environment

LOGS = """
import structlog
from orders_flask import settings
from orders_flask.observability import structured_logging
structured_logging.configure(level="INFO", form=settings.load().log_format)
structlog.get_logger("shop").info("request", status=200)
"""


def logged_at_a_terminal(here: Path, **settings: str) -> str:
    leader, follower = pty.openpty()
    subprocess.run([sys.executable, "-c", LOGS], cwd=here, env=environment(**settings), stderr=follower, timeout=60)
    os.close(follower)
    text = os.read(leader, 10_000).decode()
    os.close(leader)
    return text


def is_json(line: str) -> bool:
    try:
        return bool(json.loads(line))
    except ValueError:
        return False


@pytest.mark.parametrize(("settings", "as_json"), [({}, False), ({"LOG_FORMAT": "json"}, True)])
def test_terminal_log_is_readable_by_default(settings: dict[str, str], as_json: bool, tmp_path: Path) -> None:
    line = logged_at_a_terminal(tmp_path, **settings)

    assert "request" in line
    assert is_json(line) is as_json


@pytest.mark.parametrize(("settings", "as_json"), [({}, True), ({"LOG_FORMAT": "console"}, False)])
def test_pipe_log_is_json_by_default(settings: dict[str, str], as_json: bool, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LOGS], cwd=tmp_path, env=environment(**settings), capture_output=True, text=True
    )

    assert "request" in ran.stderr
    assert is_json(ran.stderr) is as_json
