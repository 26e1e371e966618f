"""Inbox of the Python client: two processes at their first start, duplicates that wait, and tables in every state."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.contract.client.programs import run
from tests.support.depth import effort
from tests.support.servers.postgresql import PostgresServer

EVENTS = 5
EFFECTS = "CREATE TABLE effects (event_id TEXT)"
RACE = """
import multiprocessing, os, sqlite3, sys, time, traceback
from contextlib import closing
from uuid import UUID

import psycopg
from orders_client.consuming import SqlInbox, read_event

url, rounds, number = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
members = {
    "specversion": "1.0", "source": "/orders", "type": "orders.order_deleted.v1", "time": "2026-11-28T09:00:00Z",
    "datacontenttype": "application/json", "orderversion": 1,
}
data = {"user_id": None, "status": "PENDING", "previous_status": "PENDING", "total_minor": 1, "currency": "EUR"}
ids = [str(UUID(int=place)) for place in range(number)]
events = [read_event({**members, "id": id, "subject": id, "data": {**data, "order_id": id}}) for id in ids]


class Connection(sqlite3.Connection):
    pass


def connect():
    return psycopg.connect(url) if url.startswith("postgresql") else sqlite3.connect(url, factory=Connection)


def value(connection, statement):
    try:
        return connection.cursor().execute(statement).fetchone()[0]
    finally:
        connection.rollback()


def handle(event, connection):
    connection.execute(f"INSERT INTO effects VALUES ('{event.id}')")
    time.sleep(0.005)


def handled(barrier):
    waited = []

    def connect_together():
        connection = connect()
        if not waited:
            waited.append(barrier.wait(60))
        return connection

    count = 0
    with SqlInbox(connect_together) as inbox, closing(connect()) as reader:
        for event in events:
            count += inbox.handle(event, handle, position=str(event.id))
            # A duplicate is known as one when the effect is committed, and not before.
            assert value(reader, f"SELECT count(*) FROM effects WHERE event_id = '{event.id}'") == 1
    return count


def child(barrier):
    try:
        return handled(barrier)
    except BaseException:
        traceback.print_exc()
        return 255


for _ in range(rounds):
    with closing(connect()) as connection:
        for statement in ("DROP TABLE IF EXISTS orders_inbox", "DROP TABLE IF EXISTS orders_position",
                          "DELETE FROM effects"):
            connection.execute(statement)
        connection.commit()
    barrier = multiprocessing.get_context("fork").Barrier(2)
    children = [os.fork() or os._exit(child(barrier)) for _ in range(2)]
    counts = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    assert sum(counts) == number, counts
    with SqlInbox(connect) as inbox:  # one that is behind moves the position back, until it has handled all
        assert inbox.position() == ids[-1]
print("done")
"""
STATES = """
import sqlite3
from contextlib import closing

from orders_client.consuming import SqlInbox
from orders_client.consuming.inbox import TABLES

statements, opened = [], []


def connect(**options):
    connection = sqlite3.connect("inbox.sqlite", timeout=0, **options)
    connection.set_trace_callback(statements.append)
    opened.append(connection)
    return connection


def fails(error, part, connect):
    try:
        SqlInbox(connect)
    except error as caught:
        assert part in str(caught), caught
        return
    raise AssertionError(part)


fails(ValueError, "commit", lambda: connect(isolation_level=None))
for table in TABLES:
    with closing(connect()) as connection:
        connection.execute("DROP TABLE IF EXISTS orders_inbox")
        connection.execute("DROP TABLE IF EXISTS orders_position")
        connection.execute(table)  # by a process that was killed before it created the other one
    SqlInbox(connect)
with SqlInbox(connect) as inbox:
    assert inbox.handle(None, None, position="7") is False
    assert inbox.position() == "7"
for connection in opened:
    try:
        connection.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        continue
    raise AssertionError("a connection was left open")

statements.clear()
SqlInbox(connect)
with closing(connect(isolation_level=None)) as other:
    other.execute("BEGIN EXCLUSIVE")
    fails(sqlite3.OperationalError, "locked", connect)
assert not any("CREATE" in statement for statement in statements), statements
print("done")
"""


@pytest.mark.timeout(300)  # of 200 rounds
def test_two_processes_start_at_once_and_share_events(postgres_server: PostgresServer, tmp_path: Path) -> None:
    file, url = str(tmp_path / "inbox.sqlite"), postgres_server.database().replace("+psycopg", "")
    with closing(sqlite3.connect(file)) as database:
        database.execute(EFFECTS)
    with psycopg.connect(url) as connection:
        connection.execute(EFFECTS)

    for place in (file, url):
        assert run(RACE, place, str(effort(4, 200)), str(EVENTS), here=tmp_path) == "done\n", place


def test_inbox_completes_its_tables_and_reports_a_lock(tmp_path: Path) -> None:
    assert run(STATES, here=tmp_path) == "done\n"
