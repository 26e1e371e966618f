"""The formats of files: by their suffix, unless named."""

from collections.abc import Mapping
from pathlib import Path

import click

SUFFIXES: Mapping[str, str] = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}

format_option = click.option(
    "--format", "form", type=click.Choice(["csv", "jsonl"]), help="By default what the suffix of FILE says."
)


def detect_format(path: str, chosen: str | None) -> str:
    """Return the format that was named, or that the suffix stands for.

    Raises:
        UsageError: there is neither.
    """
    found = chosen or SUFFIXES.get(Path(path).suffix.lower())
    if found is None:
        raise click.UsageError(f"Give --format csv or jsonl: {path} has none of the suffixes {', '.join(SUFFIXES)}.")
    return found
