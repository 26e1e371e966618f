"""Logging of a test run: the level that an app sets for its process does not reach the tests of other modules."""

import logging
from pathlib import Path

import pytest

LEVEL = logging.getLogger().level
_module: Path | None = None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Restore the level of the root logger before the first test of a module."""
    global _module
    if item.path != _module:
        logging.getLogger().setLevel(LEVEL)
        _module = item.path
