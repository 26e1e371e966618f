"""Node packages, installed once per run into a separate directory."""

import shutil
import subprocess
from pathlib import Path

from tests.support.report import for_want_of

PATIENCE = 120  # seconds


def installed(package: str, version: str, *, within: Path) -> Path:
    """Install the package and return its directory; modules that use it must be in the directory beside it.

    The test is skipped if Node or the package is not available.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        for_want_of("Node", why="neither node nor npm may be missing from the path")
    command = [npm, "install", "--prefix", str(within), "--no-audit", "--no-fund", "--no-save", f"{package}@{version}"]
    try:
        done = subprocess.run(command, cwd=within, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        for_want_of(package, why=f"npm did not install it within {PATIENCE} s")
    if done.returncode != 0:
        for_want_of(package, why=f"npm does not install it: {done.stderr.strip()[-500:]}")
    return within / "node_modules" / package
