"""Files with secrets or customers' data are readable by their owner only, whatever the umask is."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from orders_adapters.private_files import create_private, is_private, open_private
from tests.support.command import Ended, orders
from tests.support.secrets import JWT_SECRET
from tests.support.shop_folder import Shop


@pytest.fixture(autouse=True, params=[0o000, 0o022, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir() if stat.S_IMODE(file.stat().st_mode) != 0o600]


@pytest.fixture
def stopped_serving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders_flask.web.admission.server.serve", lambda **_: None)


COMMANDS = [
    ["migrate"],
    ["doctor"],
    ["serve", "--port", "18432"],
    ["demo", "--port", "18433"],
    ["token", "ann"],
    ["prune"],
    ["outbox", "list"],
    ["users", "list"],
]


@pytest.mark.usefixtures("stopped_serving")
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_files_of_a_command_are_private(tmp_path: Path, words: list[str]) -> None:
    orders(*words, here=tmp_path)

    assert list(tmp_path.iterdir())
    assert open_to_others(tmp_path) == []


def test_open_database_is_private_with_its_log(tmp_path: Path) -> None:
    """SQLite's -wal and -shm exist while a connection is open."""
    import sqlite3

    orders("migrate", here=tmp_path, JWT_SECRET=JWT_SECRET)
    connection = sqlite3.connect(tmp_path / "orders.db")
    connection.execute("CREATE TABLE more (id INTEGER)")
    names = {file.name for file in tmp_path.iterdir()}
    others = open_to_others(tmp_path)
    connection.close()

    assert names == {"orders.db", "orders.db-wal", "orders.db-shm"}
    assert others == []


def test_marker_of_revocations_is_private(migrated: Path) -> None:
    ended = orders("users", "end-sessions", "--id", "ann", here=migrated, JWT_SECRET=JWT_SECRET)

    assert ended.returncode == 0, ended
    assert (migrated / "orders.db.revocations").read_bytes() == b"."
    assert open_to_others(migrated) == []


def test_complete_export_is_private(migrated: Path) -> None:
    shop = Shop(migrated)
    shop.place()
    target = migrated / "orders.csv"
    target.touch(0o666)
    target.chmod(0o666)

    ended: Ended = shop.run("export", "orders.csv")

    assert ended.returncode == 0, ended
    assert is_private(target)


def test_unfinished_export_is_private(migrated: Path) -> None:
    shop = Shop(migrated)
    (migrated / "orders.db").rename(migrated / "away.db")

    shop.run("export", "orders.csv")

    assert is_private(migrated / "orders.csv.part")
    assert is_private(migrated / "orders.csv.part.options")


def test_opened_file_becomes_private(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    file.chmod(0o666)

    with open_private(file, "wb") as opened:
        opened.write(b"new")
        assert is_private(file)

    assert file.read_text() == "new"


def test_created_file_keeps_its_content(tmp_path: Path) -> None:
    file = tmp_path / "file"

    create_private(file)
    assert is_private(file)
    file.write_text("content")
    create_private(file)

    assert file.read_text() == "content"
