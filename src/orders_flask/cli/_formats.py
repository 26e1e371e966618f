"""File formats, chosen by ``--format`` or by the file's suffix."""

from collections.abc import Mapping
from pathlib import Path

import click

SUFFIXES: Mapping[str, str] = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}

format_option = click.option(
    "--format", "form", type=click.Choice(["csv", "jsonl"]), help="By default chosen by the suffix of FILE."
)


def detect_format(path: str, chosen: str | None) -> str:
    """Return the chosen format, or that of the path's suffix.

    Raises:
        UsageError: no format was chosen and the suffix is unknown.
    """
    form = chosen or SUFFIXES.get(Path(path).suffix.lower())
    if form is None:
        raise click.UsageError(
            f"The suffix of {path} must be one of {', '.join(SUFFIXES)}; otherwise use --format csv or jsonl."
        )
    return form
