"""Directory with a migrated embedded database, copied for each test because a migration takes half a second."""

from pathlib import Path

import pytest

from tests.support.shop_folder import Shop
from tests.support.stores import copied_sqlite


@pytest.fixture
def migrated(migrated_sqlite: Path, tmp_path: Path) -> Path:
    copied_sqlite(migrated_sqlite, tmp_path)
    return tmp_path


@pytest.fixture
def shop(migrated: Path) -> Shop:
    return Shop(migrated)
