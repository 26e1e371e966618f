"""Environment variables of the process and of a ``.env`` file, and values read from ``NAME_FILE`` files."""

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

DOTENV = Path(".env")
"""Relative to the working directory, like ``orders.db``."""

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
    """Return the value of a variable, or the content of the file in ``{name}_FILE``, or "".

    Raises:
        ValueError: both variables are set, or the file is empty or cannot be read.
    """
    text, file = variables.get(name, "").strip(), variables.get(f"{name}_FILE", "").strip()
    if not file:
        return text
    if text:
        raise ValueError(f"{name} and {name}_FILE are both set; only one of them is allowed.")
    try:
        text = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise ValueError(f"{name}_FILE must name a readable text file; {file} is not one: {_reason(error)}.") from error
    if not text:  # otherwise a secret would silently be the development default
        raise ValueError(f"{name}_FILE must name a file that is not empty; {file} is.")
    return text


def _reason(error: OSError | ValueError) -> str:
    """Return a reason without the file's content, which may be a secret."""
    return (error.strerror or "it cannot be read").lower() if isinstance(error, OSError) else "it is not UTF-8"
