"""The metrics directory of a killed server is removed by the next one; that of a running server is not."""

import fcntl
from pathlib import Path

import pytest

from orders_flask.cli.serve import remove_abandoned_metrics


def test_only_abandoned_folders_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folders = {name: tmp_path / f"orders-metrics-{name}" for name in ("abandoned", "running", "unknown")}
    for name, folder in folders.items():
        folder.mkdir()
        if name != "unknown":
            (folder / "lock").touch()
    (folders["abandoned"] / "counter_1.db").touch()

    with (folders["running"] / "lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        remove_abandoned_metrics()

    assert {name for name, folder in folders.items() if folder.exists()} == {"running", "unknown"}
