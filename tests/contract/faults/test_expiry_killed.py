"""The expirer is killed (kill -9) in the middle of its work: no unit is lost, and none is given back twice."""

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from orders_adapters.sql.engine import engine as engines
from orders_adapters.testing.catalog.inventory import Inventory
from orders_adapters.testing.catalog.stock_holds import held, hold_of
from tests.support.command import environment
from tests.support.command import orders as run
from tests.support.depth import effort
from tests.support.stores import in_database

KILLS = effort(2, 20)
HOLDS = effort(100, 300)
PATIENCE = 60  # seconds


def ended(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM stock_holds WHERE ended_at IS NOT NULL")) or 0)


@pytest.mark.deep
@pytest.mark.timeout(900)
def test_killed_expirer_leaks_nothing(copied_postgresql: str, tmp_path: Path) -> None:
    engine = engines.create(copied_postgresql, pool_size=4)
    inventory = Inventory(in_database(engine))
    products = inventory.stocked(*[2 * HOLDS] * 3)
    early = datetime.now(UTC) - timedelta(hours=1)
    for number in range(HOLDS):
        held(inventory, hold_of({products[number % 3]: 1, products[(number + 1) % 3]: 1}, at=early))
    seen: list[int] = []
    for _ in range(KILLS):
        before = ended(engine)
        command = [sys.executable, "-m", "orders_flask", "expire"]
        killed = subprocess.Popen(
            command, cwd=tmp_path, env=environment(DATABASE_URL=copied_postgresql), stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + PATIENCE
        while ended(engine) < before + 5:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        killed.kill()
        assert killed.wait(PATIENCE) == -signal.SIGKILL
        seen.append(ended(engine))

    assert seen[-1] < HOLDS, "The expirer was killed in the middle of its work."
    finished = run("expire", here=tmp_path, DATABASE_URL=copied_postgresql)

    assert (finished.returncode, f"{HOLDS - seen[-1]:,} stock holds" in finished.stderr) == (0, True), finished
    ledger = inventory.ledger()
    ledger.require_agreement()
    assert set(ledger.stock.values()) == {2 * HOLDS}
    assert len(ledger.movements) == 3 + 4 * HOLDS
    engine.dispose()
