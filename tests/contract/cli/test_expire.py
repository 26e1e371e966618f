"""`orders expire`: cancels orders that were not paid in time, or lists them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from orders_adapters.sql import migrate
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_adapters.testing.order_life import of_shop
from orders_domain import OrderStatus
from orders_domain.model.life.placing import Placing
from orders_domain.model.life.state import Life
from orders_flask.cli import orders


def test_due_orders_are_listed_and_expired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'orders.db'}"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", url)
    migrate.upgrade(url)
    engine = engines.create(url, pool_size=2)
    due, other = of_shop(), of_shop()
    due.life = Placing(life=Life(expires_at=datetime.now(UTC) - timedelta(minutes=1))).life
    for order in (due, other):
        with SqlUnitOfWork(engine) as uow:
            uow.orders.add(order)
            uow.commit()

    listed = CliRunner().invoke(orders, ["expire", "--dry-run"])
    waiting = SqlOrderQueries(engine).get(due.id).status
    done = CliRunner().invoke(orders, ["expire"])
    again = CliRunner().invoke(orders, ["expire", "--dry-run"])

    assert (listed.exit_code, listed.stdout.split(), waiting) == (0, [str(due.id)], OrderStatus.PENDING)
    assert (done.exit_code, "Expired: 1 orders." in done.output, again.stdout) == (0, True, "")
    statuses = [SqlOrderQueries(engine).get(order.id).status for order in (due, other)]
    assert statuses == [OrderStatus.CANCELED, OrderStatus.PENDING]
    engine.dispose()
