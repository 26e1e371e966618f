"""Programs that use the Python client, in processes of their own with the libraries of `.venv/examples`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.report import for_want_of

CLIENT = Path(__file__).parents[3] / "clients" / "python"
LIBRARIES = Path(sys.prefix) / "examples"  # where make installs requirements/examples.txt
VARIABLES = {"PYTHONPATH": os.pathsep.join([str(CLIENT / "src"), str(LIBRARIES)])}


@pytest.fixture(scope="session", autouse=True)
def libraries() -> None:
    """The libraries that the client needs and the service does not."""
    if not (LIBRARIES / "httpx").is_dir():
        for_want_of("httpx", why=f"make installs it into {LIBRARIES}")


def run(program: str, *arguments: str, here: Path, given: str = "") -> str:
    """Run a program to its end; return its output."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=here,
        env=os.environ | VARIABLES,
        input=given,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def begin(program: str, *arguments: str, here: Path) -> subprocess.Popen[str]:
    """Start a program whose output is read while it runs."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=here,
        env=os.environ | VARIABLES,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
