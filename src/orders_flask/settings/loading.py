"""Settings of the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from orders_flask import environment
from orders_flask.settings.mounts import parse_mounts
from orders_flask.settings.settings import Settings
from orders_flask.settings.validation import InvalidSetting

_INTEGERS = frozenset(setting.name for setting in fields(Settings) if setting.type == "int")


def load() -> Settings:
    """Read the settings from the environment, the ``.env`` file, and the files of ``NAME_FILE`` variables.

    Raises:
        InvalidSetting: see ``Settings``; or a file cannot be read.
    """
    try:
        variables = environment.variables()
        texts = {setting.name: environment.value(setting.metadata["name"], variables) for setting in fields(Settings)}
    except ValueError as error:
        raise InvalidSetting(str(error)) from error
    values: dict[str, Any] = {name: _value(name, text) for name, text in texts.items() if text}
    if "NEW_ORDER_QUEUE" in variables and not texts["new_order_queue"]:
        values["new_order_queue"] = ""  # the only setting of which an empty value is not the default
    return Settings(**values)


def _value(name: str, text: str) -> str | int | Mapping[str, tuple[str, ...]]:
    if name == "mounts":
        return parse_mounts(text)
    if name in _INTEGERS and text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    return text.replace("\\n", "\n") if name == "jwt_public_key" else text
