"""Environment variables of the process and of a ``.env`` file, and values read from ``NAME_FILE`` files."""

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

DOTENV = Path(".env")
"""Relative to the working directory, like ``orders.db``."""

SERVER_PID = "ORDERS_SERVER_PID"
"""The variable with the process id of the ``orders serve`` that started a worker."""

FORMER_NAMES = {
    "ORDERS_JOBS_QUEUE": "JOBS_QUEUE",
    "TOKEN_SECONDS": "TOKEN_TTL_SECONDS",
    "TRACKING_SOURCE": "MESSAGE_BROKER",
}
"""The settings that were renamed in this release, by former name. The next release does not accept these names."""


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

    A variable with the former name of the setting is accepted, too.

    Raises:
        ValueError: both variables are set, or the former name has another value; the file is empty or cannot be read.
    """
    text = _value(name, variables)
    for former in (old for old, new in FORMER_NAMES.items() if new == name):
        value_of_former = _value(former, variables)
        if text and value_of_former and text != value_of_former:
            raise ValueError(f"{name} and its former name {former} must not be set to different values.")
        text = text or value_of_former
    return text


def _value(name: str, variables: Mapping[str, str]) -> str:
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
