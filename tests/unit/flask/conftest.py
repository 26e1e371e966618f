"""Restores the process's logging after each test, because creating an app changes it."""

import logging
from collections.abc import Iterator
from dataclasses import fields

import pytest
import structlog

from orders_flask import Settings


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    root, configuration = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers, root.level
    structlog.reset_defaults()  # an app of the same process may have configured its own level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**configuration)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Removes all settings from the environment, and leaves a working directory without a .env file."""
    monkeypatch.chdir(tmp_path_factory.getbasetemp())
    for setting in fields(Settings):
        monkeypatch.delenv(setting.metadata["name"], raising=False)
