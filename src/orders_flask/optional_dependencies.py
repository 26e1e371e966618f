"""Installation hints for missing libraries; imports the standard library only, because others may be missing."""

import json
import shlex
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
"""The root of a source checkout; in an installed package this directory has no pyproject.toml."""


def missing_extra(error: ImportError, *, extra: str) -> str:
    """Return the name of the missing library and the command that installs it into this environment."""
    library = (error.name or "a library").partition(".")[0]
    command = [sys.executable, "-m", "pip", "install", *_source(extra)]
    return f"{library} is not installed: {shlex.join(command)}"


def _source(extra: str) -> list[str]:
    """Return pip's arguments for the original source, because `orders` need not be on a package index."""
    if (CHECKOUT / "pyproject.toml").is_file():
        return ["--editable", f"{CHECKOUT}[{extra}]"]
    url = _direct_url()
    return [f"orders[{extra}] @ {url}" if url else f"orders[{extra}]"]


def _direct_url() -> str | None:
    """Return the URL of the installed archive, directory or repository (PEP 610), or None for a package index."""
    from importlib.metadata import PackageNotFoundError, distribution  # 20 ms, which no other start needs

    try:
        text = distribution("orders").read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    origin = json.loads(text) if text else {}
    if "vcs_info" in origin:
        return f"{origin['vcs_info']['vcs']}+{origin['url']}@{origin['vcs_info']['commit_id']}"
    return origin.get("url")
