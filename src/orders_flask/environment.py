"""Environment variables: those of the process, over those of a ``.env`` file; values that are read from files."""

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

DOTENV = Path(".env")
"""Relative: it is looked for in the working directory, as ``orders.db`` is."""

SERVER_PID = "ORDERS_SERVER_PID"
"""The variable with the process id of the ``orders serve`` that started a worker."""


def variables() -> dict[str, str]:
    """Return the variables of ``.env`` and those of the process, which override them.

    Raises:
        ValueError: ``.env`` cannot be read.
    """
    try:
        values = dotenv_values(DOTENV) if DOTENV.is_file() else {}
    except (OSError, UnicodeError) as error:
        raise ValueError(f"{DOTENV} must be a readable text file: {_reason(error)}.") from error
    return {name: value for name, value in values.items() if value is not None} | os.environ


def value(name: str, variables: Mapping[str, str]) -> str:
    """Return the value of a variable, or the text of the file that the variable ``{name}_FILE`` names, or "".

    Raises:
        ValueError: both are set, or the file cannot be read, or it is empty.
    """
    text, file = variables.get(name, "").strip(), variables.get(f"{name}_FILE", "").strip()
    if not file:
        return text
    if text:
        raise ValueError(f"{name} and {name}_FILE are both set; only one of them is allowed.")
    try:
        text = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{name}_FILE must name a readable text file, and {file} is none: {_reason(error)}."
        ) from error
    if not text:  # the setting's default would take its place, of a secret the one for development
        raise ValueError(f"{name}_FILE names {file}, which is empty.")
    return text


def _reason(error: OSError | ValueError) -> str:
    """Without the text of the file, which may be a secret."""
    return (error.strerror or "it cannot be read").lower() if isinstance(error, OSError) else "it is not UTF-8"
