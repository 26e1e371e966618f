"""With which options an unfinished export was begun: noted beside it, under its name and ``.options``."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import click

Options: TypeAlias = Mapping[str, str | list[str] | None]
"""What decides which rows an export has, by the names of the command's options."""


def store(part: Path, options: Options) -> None:
    """Keep the options; they are on the disk before the first row is."""
    with _options_path(part).open("wb") as file:
        file.write(json.dumps(options).encode())
        file.flush()
        os.fsync(file.fileno())


def ensure_same(part: Path, options: Options) -> None:
    """Return if the export was begun with these options.

    Raises:
        ClickException: it was begun with others, or does not say with which.
    """
    try:
        begun = json.loads(_options_path(part).read_bytes())
        if not isinstance(begun, dict):
            raise ValueError(begun)
    except (FileNotFoundError, ValueError):
        raise click.ClickException(f"{part} does not say with which options it was begun: delete it.") from None
    if others := [name for name, value in options.items() if begun.get(name) != value]:
        raise click.ClickException(
            f"{part} was begun with another {', '.join(others)}: give the options of then again, or delete it."
        )


def delete(part: Path) -> None:
    """Remove the note of an export that is finished."""
    _options_path(part).unlink(missing_ok=True)


def _options_path(part: Path) -> Path:
    return part.with_name(part.name + ".options")
