"""`orders expire`: cancels orders that were not paid in time and ends due stock holds, or lists them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from orders_adapters.sql import migrate
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.sql.orders import SqlOrderRepository
from orders_adapters.testing.catalog.inventory import Inventory
from orders_adapters.testing.examples import ADA, new_id
from orders_adapters.testing.life.order_life import of_shop
from orders_domain import OrderStatus
from orders_domain.model.life.placing import Placing
from orders_domain.model.life.state import Life
from orders_domain.model.life.stock_hold import StockHold
from orders_flask.cli import orders as group
from tests.support.command import orders
from tests.support.stores import in_database


def test_due_orders_are_listed_and_expired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'orders.db'}"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", url)
    migrate.upgrade(url)
    engine = engines.create(url, pool_size=2)
    due, other = of_shop(), of_shop()
    due.life = Placing(life=Life(expires_at=datetime.now(UTC) - timedelta(minutes=1))).life
    inventory = Inventory(in_database(engine))
    [tea] = inventory.stocked(5)
    early = datetime.now(UTC) - timedelta(hours=1)
    hold = StockHold.start(new_id(), user_id="ada", quantities={tea: 2}, seconds=30, at=early)
    inventory.store.add(due, other)
    inventory.commit(lambda uow: uow.stock_holds.add(hold, by=ADA))

    listed = CliRunner().invoke(group, ["expire", "--dry-run"])
    waiting = SqlOrderQueries(engine).get(due.id).status
    done = CliRunner().invoke(group, ["expire"])
    again = CliRunner().invoke(group, ["expire", "--dry-run"])

    assert (listed.exit_code, waiting) == (0, OrderStatus.PENDING)
    assert listed.stdout.splitlines() == [str(due.id), f"{hold.id} stock hold"]
    assert (done.exit_code, "Expired: 1 orders, 1 stock holds." in done.output, again.stdout) == (0, True, "")
    assert inventory.get(tea).stock == 5
    statuses = [SqlOrderQueries(engine).get(order.id).status for order in (due, other)]
    assert statuses == [OrderStatus.CANCELED, OrderStatus.PENDING]
    engine.dispose()


def test_order_that_cannot_expire_is_an_error(migrated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engines.create(f"sqlite:///{migrated / 'orders.db'}")
    in_database(engine).add(of_shop(expires_in=60))
    engine.dispose()

    def unreadable(*_: object) -> object:
        raise KeyError("lines")

    monkeypatch.setattr(SqlOrderRepository, "get_for_update", unreadable)

    ended = orders("expire", here=migrated)

    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        "Expired: 0 orders, 0 stock holds.",
        "Error: 1 did not expire: KeyError: 'lines'",
    ]
