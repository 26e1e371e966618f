"""Options of an unfinished export, stored beside it in ``FILE.part.options``."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import click

from orders_flask.bootstrap import open_private

Options: TypeAlias = Mapping[str, str | list[str] | None]
"""Values by option name, of the options that determine the rows of an export."""


def store(part: Path, options: Options) -> None:
    """Write the options and sync them to disk, before the first row is written."""
    with open_private(_options_path(part), "wb") as file:
        file.write(json.dumps(options).encode())
        file.flush()
        os.fsync(file.fileno())


def ensure_same(part: Path, options: Options) -> None:
    """Compare the options with those of the unfinished export.

    Raises:
        ClickException: the options differ, or the recorded ones cannot be read.
    """
    try:
        recorded = json.loads(_options_path(part).read_bytes())
        if not isinstance(recorded, dict):
            raise TypeError(recorded)
    except (FileNotFoundError, TypeError, ValueError):
        raise click.ClickException(f"The options of {part} cannot be read; delete it.") from None
    if different := [name for name, value in options.items() if recorded.get(name) != value]:
        raise click.ClickException(
            f"{part} was started with a different {', '.join(different)}: use the same options, or delete it."
        )


def delete(part: Path) -> None:
    """Delete the options of a finished export."""
    _options_path(part).unlink(missing_ok=True)


def _options_path(part: Path) -> Path:
    return part.with_name(part.name + ".options")
