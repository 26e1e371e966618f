"""A sender that is killed after the mail server accepted a letter: one more letter, with the same Message-ID."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orders_domain import Actor, CustomItem, Money
from orders_domain.model.accounts.contact import Contact
from orders_domain.use_cases import PlaceOrder
from orders_flask import Settings
from orders_flask.bootstrap.container import Container, close
from tests.support.command import environment
from tests.support.servers.mail import MailServer

PATIENCE = 60  # seconds


@dataclass
class KillingMailServer(MailServer):
    """Kills the sender, if there is one to kill, when it has accepted the letter."""

    sender: int | None = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if self.sender:
            os.kill(self.sender, signal.SIGKILL)
        return answer


def query(here: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(here / "orders.db")) as file, file:
        return [value for (value,) in file.execute(statement)]


@pytest.mark.deep
@pytest.mark.clause("002-29")
def test_killed_sender_repeats_one_letter(migrated: Path) -> None:
    container = Container(settings=Settings(database_url=f"sqlite:///{migrated}/orders.db"))
    ann = Actor(subject="ann", contact=Contact(email="ann@example.com"))
    container.place_order(PlaceOrder(actor=ann, items=(CustomItem({"sku": "tea"}),), total=Money.of(1, "USD")))
    close(container)

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "orders_flask", "notify"]
        return subprocess.Popen(command, cwd=migrated, env=environment(SMTP_URL=mail.url), stderr=subprocess.DEVNULL)

    with KillingMailServer() as mail:
        killed = start()
        mail.sender = killed.pid
        assert killed.wait(PATIENCE) == -signal.SIGKILL
        assert query(migrated, "SELECT state FROM notifications") == ["waiting"]
        mail.sender = None
        query(migrated, "UPDATE notifications SET due_at = occurred_at")  # five minutes later
        second, deadline = start(), time.monotonic() + PATIENCE
        while query(migrated, "SELECT state FROM notifications") != ["sent"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        second.terminate()
        assert second.wait(PATIENCE) == 0

    first, again = mail.letters
    assert first["Message-ID"] == again["Message-ID"]
    assert mail.recipients == ["ann@example.com"] * 2
