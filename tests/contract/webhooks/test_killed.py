"""A worker that is killed (kill -9) in the middle of a delivery: every event arrives, with the same bytes each time."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from orders_adapters.testing.examples import ADA, ADMIN
from orders_domain import CustomItem, Money
from orders_domain.model.feed.page import FeedFilter
from orders_domain.use_cases import PlaceOrder, webhooks
from orders_flask import Settings
from orders_flask.bootstrap.container import Container
from orders_flask.bootstrap.container.container import close
from tests.contract.webhooks.receiver import Receiver
from tests.support.command import environment
from tests.support.depth import effort
from tests.support.servers.ephemeral.server import HOST
from tests.support.stores import copied_sqlite

KILLS = effort(2, 20)
PATIENCE = 60  # seconds


@pytest.mark.timeout(600)
def test_killed_worker_loses_no_event(migrated_sqlite: Path, tmp_path: Path) -> None:
    url = copied_sqlite(migrated_sqlite, tmp_path)
    container = Container(settings=Settings(database_url=url, webhook_allowed_hosts=HOST))

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "orders_flask", "webhooks"]
        settings = environment(DATABASE_URL=url, WEBHOOK_ALLOWED_HOSTS=HOST)
        return subprocess.Popen(command, cwd=tmp_path, env=settings, stderr=subprocess.DEVNULL)

    with Receiver() as receiver:
        container.add_webhook(webhooks.AddWebhook(actor=ADMIN, url=receiver.url(), ordered=True))
        for _ in range(KILLS):
            for _ in range(6):
                request = PlaceOrder(actor=ADA, items=(CustomItem({"sku": "tea"}),), total=Money.of(1, "USD"))
                container.place_order(request)
            begun = len(receiver.received)
            worker = start()

            def kill(pid: int = worker.pid, last: int = begun + 3) -> None:
                if len(receiver.received) >= last:
                    os.kill(pid, signal.SIGKILL)

            receiver.on_request = kill
            assert worker.wait(PATIENCE) == -signal.SIGKILL
            receiver.on_request = None
            end_leases(tmp_path)
        worker = start()
        while waiting(tmp_path):
            threading.Event().wait(0.05)
        worker.terminate()
        assert worker.wait(PATIENCE) == 0

    page = container.store().event_feed.read(FeedFilter(limit=200))
    events = {entry.event.id: container.web_use_cases().event_bytes(entry.event) for entry in page.entries}
    close(container)
    assert len(events) == 6 * KILLS
    assert {(each.id, each.body) for each in receiver.received} == set(events.items())
    assert len(receiver.received) > len(events), "A worker was killed in the middle of a delivery."


def end_leases(here: Path) -> None:
    """Let a minute pass for the deliveries that the killed worker had claimed."""
    with closing(sqlite3.connect(here / "orders.db", timeout=30)) as file, file:
        file.execute("UPDATE webhook_deliveries SET due_at = created_at WHERE state = 'waiting'")


def waiting(here: Path) -> bool:
    """Whether an event was not read yet, or not delivered."""
    with closing(sqlite3.connect(here / "orders.db", timeout=30)) as file, file:
        counts = (
            "SELECT (SELECT count(*) FROM order_history), count(*) FROM webhook_deliveries WHERE state = 'delivered'"
        )
        events, delivered = file.execute(counts).fetchone()
        return bool(events != delivered)
