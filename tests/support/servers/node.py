"""Node packages, installed once per run into a separate directory."""

import shutil
import subprocess
from pathlib import Path

from tests.support.report import for_want_of

PATIENCE = 120  # seconds


def installed(*packages: str, within: Path) -> Path:
    """Install packages, each written as name@version, and return node_modules; modules that use them must be beside it.

    The test is skipped if Node or a package is not available. npm removes what an earlier call installed there.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        for_want_of("Node", why="neither node nor npm may be missing from the path")
    command = [npm, "install", "--prefix", str(within), "--no-audit", "--no-fund", "--no-save", *packages]
    try:
        done = subprocess.run(command, cwd=within, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        for_want_of(", ".join(packages), why=f"npm did not install them within {PATIENCE} s")
    if done.returncode != 0:
        for_want_of(", ".join(packages), why=f"npm does not install them: {done.stderr.strip()[-500:]}")
    return within / "node_modules"
