"""`orders events`: lists, follows and replays the event feed."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orders_domain import Actor, CustomItem, Money
from orders_domain.model.accounts.actor import Role
from orders_domain.use_cases import PlaceOrder, ReplayEvents, ReplayStep
from orders_flask import Settings
from orders_flask.bootstrap.container import Container
from tests.support.command import assert_error_line, environment, orders


@pytest.fixture
def container(migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Container:
    """An embedded service, whose broker is the log, with the events of five orders."""
    monkeypatch.chdir(migrated)
    container = Container(settings=Settings())
    for name in "abcde":
        place(container, name)
    return container


def place(container: Container, name: str) -> None:
    order = PlaceOrder(actor=Actor(subject=name), items=(CustomItem({"sku": "tea"}),), total=Money.of(1, "USD"))
    container.place_order(order)


def test_events_are_listed_page_by_page(container: Container, migrated: Path) -> None:
    users, after = [], list[str]()
    for _ in range(4):
        shown = orders("events", "list", "--limit", "2", *after, here=migrated)
        users.append([json.loads(line)["data"]["user_id"] for line in shown.stdout.splitlines()])
        after = shown.stderr.split()[1:]

    assert users == [["a", "b"], ["c", "d"], ["e"], []]
    assert orders("events", "list", "--type", "orders.order_held.v1", here=migrated).stdout == ""
    assert len(orders("events", "list", "--order", "3", here=migrated).stdout.splitlines()) == 1
    assert_error_line(orders("events", "list", "--after", "x", here=migrated), "next_cursor")


def test_replay_is_bounded_and_resumed(container: Container, migrated: Path) -> None:
    done = orders("events", "replay", "--from", "2026-01-01", "--rate", "2", here=migrated)
    early = orders("events", "replay", "--to", "2026-01-01T00:00:00Z", here=migrated)

    assert (done.returncode, done.stderr.split("\r")[-1]) == (0, "Published: 5 events.\n")
    assert early.stderr.split("\r")[-1] == "Published: 0 events.\n"
    address = f"sqlite:///{migrated}/orders.db"
    refused = orders("events", "replay", here=migrated, DATABASE_URL=address)
    assert (refused.returncode, "there is no broker" in refused.stderr) == (1, True)


def test_later_events_are_not_replayed(container: Container) -> None:
    def replay(after: str | None = None) -> Iterator[ReplayStep]:
        root = Actor(subject="root", role=Role.ADMIN)
        return container.replay_events(ReplayEvents(actor=root, after=after, limit=2))

    interrupted = replay()
    first = next(interrupted)
    place(container, "late")

    assert [step.published for step in replay(first.cursor)] == [2, 2]
    assert [step.published for step in interrupted] == [2, 1]


def test_interrupted_commands_print_where_to_go_on(container: Container, migrated: Path) -> None:
    for name, status in (("follow", 0), ("replay", 130)):
        options = ["--rate", "1"] if name == "replay" else ["--after", cursor_behind_one(migrated)]
        command = [sys.executable, "-m", "orders_flask", "events", name, *options]
        running = subprocess.Popen(
            command, cwd=migrated, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert running.stdout is not None
        assert running.stderr is not None
        begun = running.stdout.readline() if name == "follow" else running.stderr.read(len("\rPublished: 1 events"))
        running.send_signal(signal.SIGINT)
        _, messages = running.communicate(timeout=60)

        assert running.returncode == status, messages
        assert begun
        after = messages.split("--after ")[1].split()[0]
        rest = orders("events", "list", "--after", after, here=migrated).stdout.splitlines()
        if name == "follow":
            assert (json.loads(begun)["data"]["user_id"], rest) == ("b", [])
        else:
            assert f"Published: {5 - len(rest)} events." in messages


def cursor_behind_one(here: Path) -> str:
    return orders("events", "list", "--limit", "1", here=here).stderr.split()[-1]
