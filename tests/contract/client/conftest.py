"""Fixtures: a service with the embedded database, and the libraries of the client."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.client.programs import libraries
from tests.support.server import Served

__all__ = ["libraries"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("served")) as served:
        yield served


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
