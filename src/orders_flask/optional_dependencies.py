"""What to say where a library is not installed. Imports nothing but the standard library: there may be nothing else."""

import json
import shlex
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
"""The directory that has src/ in it, where this is one; elsewhere it has no pyproject.toml."""


def missing_extra(error: ImportError, *, extra: str) -> str:
    """Return which library is wanting, and the command that installs it into this environment."""
    library = (error.name or "a library").partition(".")[0]
    command = [sys.executable, "-m", "pip", "install", *_source(extra)]
    return f"{library} is not installed: {shlex.join(command)}"


def _source(extra: str) -> list[str]:
    """Return pip's arguments: what this was installed from, for `orders` need not be on any index."""
    if (CHECKOUT / "pyproject.toml").is_file():
        return ["--editable", f"{CHECKOUT}[{extra}]"]
    url = _direct_url()
    return [f"orders[{extra}] @ {url}" if url else f"orders[{extra}]"]


def _direct_url() -> str | None:
    """Return the address of the installed archive, directory or repository; an index leaves none (PEP 610)."""
    try:
        text = distribution("orders").read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    origin = json.loads(text) if text else {}
    if "vcs_info" in origin:
        return f"{origin['vcs_info']['vcs']}+{origin['url']}@{origin['vcs_info']['commit_id']}"
    return origin.get("url")
