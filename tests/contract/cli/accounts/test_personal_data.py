"""orders users export, erase"""

import json
import signal
import sqlite3
import stat
from contextlib import closing
from uuid import uuid4

import pytest

from tests.contract.cli.test_users import create, signs_in
from tests.support.command import assert_error_line
from tests.support.shop_folder import Shop, interrupted

OWN = "SELECT count(*) FROM orders WHERE user_id = 'ann'"
FINISH = "UPDATE orders SET status = 'CANCELED'"
ORDER = "SELECT * FROM orders ORDER BY number DESC LIMIT 1"
ENTRY = f"SELECT * FROM order_history WHERE order_id = (SELECT id FROM ({ORDER}))"
HISTORY = "UPDATE order_history SET to_status = 'CANCELED'"


def customer(shop: Shop, *, copies: int = 0) -> None:
    """An account with two orders that are not open, and copies of one of them."""
    create(shop, "ann@example.com", "--id", "ann")
    shop.order_products("Lamp", by="ann", city="Camelot")
    shop.place(by="ann")
    for statement in (FINISH, HISTORY):
        shop.rows(statement)
    with closing(sqlite3.connect(shop.here / "orders.db")) as database, database:
        database.row_factory = sqlite3.Row
        order, entry = (dict(database.execute(query).fetchone()) for query in (ORDER, ENTRY))
        for number in range(copies):
            order_id = uuid4().hex
            for table, row in (("orders", order), ("order_history", entry)):
                copy = row | ({"order_id": order_id} if "order_id" in row else {"id": order_id, "number": 100 + number})
                database.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(copy))})", list(copy.values()))


def test_export_is_a_private_document(shop: Shop) -> None:
    customer(shop)
    file = shop.here / "ann.json"

    ended = shop.run("users", "export", "ANN@example.com", "--output", str(file))

    assert (ended.returncode, ended.stdout) == (0, "")
    document = json.loads(file.read_bytes())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert document["account"]["email"] == "ann@example.com"
    assert [order["user_id"] for order in document["orders"]] == ["ann", "ann"]
    assert "Camelot" in {(order["address"] or {}).get("city") for order in document["orders"]}
    assert [entry["kind"] for entry in document["orders"][0]["history"]] == ["placed"]
    assert document["records"] == []
    assert "argon2" not in file.read_text()
    assert shop.run("users", "export", "--id", "ann", "--output", "-").stdout == file.read_text()
    assert_error_line(shop.run("users", "export", "ann@example.com", "--output", str(file)), "exists")


def test_interrupted_export_leaves_no_file(shop: Shop) -> None:
    customer(shop, copies=2_000)
    file, part = shop.here / "ann.json", shop.here / "ann.json.part"

    ended = interrupted("users", "export", "--id", "ann", "--output", str(file), here=shop.here, when=part.exists)

    assert not part.exists()
    assert (ended.returncode, file.exists()) in {(130, False), (0, True)}


def test_erased_person_is_gone(shop: Shop) -> None:
    customer(shop)

    dry = shop.run("users", "erase", "ann@example.com", "--dry-run")
    assert dry.stdout == "Would erase: accounts: 1, orders: 2.\n"
    assert shop.rows(OWN) == [(2,)]
    ended = shop.run("users", "erase", "ann@example.com", "--yes")

    assert (ended.returncode, ended.stdout) == (0, "Erased: accounts: 1, orders: 2.\n")
    assert not signs_in(shop)
    assert shop.rows("SELECT count(*) FROM users WHERE id = 'ann'") == [(0,)]
    assert b"Camelot" not in (shop.here / "orders.db").read_bytes()
    assert_error_line(shop.run("users", "erase", "ann@example.com", "--yes"), "Nothing is stored")


def test_open_orders_need_an_option(shop: Shop) -> None:
    shop.place(12, by="ann")

    assert_error_line(shop.run("users", "erase", "--id", "ann", "--yes"), "and 2 more")
    assert shop.rows(OWN) == [(12,)]
    ended = shop.run("users", "erase", "--id", "ann", "--yes", "--include-open")

    assert (ended.stdout, shop.rows(OWN)) == ("Erased: orders: 12.\n", [(0,)])


def test_last_administrator_is_not_erased(shop: Shop) -> None:
    create(shop, "root@example.com", "--role", "admin")
    command = ("users", "erase", "root@example.com", "--yes")

    assert_error_line(shop.run(*command), "last administrator")
    assert shop.rows("SELECT count(*) FROM users WHERE disabled_at IS NULL") == [(1,)]
    create(shop, "other@example.com", "--role", "admin")

    assert shop.run(*command).stdout == "Erased: accounts: 1.\n"


def test_killed_erasure_is_completed(shop: Shop) -> None:
    customer(shop, copies=298)
    command = ("users", "erase", "ann@example.com", "--yes")

    interrupted(*command, here=shop.here, when=lambda: shop.rows(OWN) < [(300,)], number=signal.SIGKILL)
    assert not signs_in(shop)
    shop.run(*command)

    assert shop.rows(OWN) == [(0,)]
    assert shop.rows("SELECT count(*) FROM order_history WHERE kind = 'erased'") == [(300,)]
    assert shop.rows("SELECT count(*) FROM outbox WHERE type = 'orders.order_erased.v1'") == [(300,)]
    assert shop.rows("SELECT count(*) FROM users WHERE id = 'ann'") == [(0,)]


@pytest.mark.parametrize("verb", [("erase", "--yes"), ("export", "--output", "-")])
@pytest.mark.parametrize("person", [(), ("ann@example.com", "--id", "ann"), ("--id", "nobody"), ("no@example.com",)])
def test_one_known_person_is_required(shop: Shop, verb: tuple[str, ...], person: tuple[str, ...]) -> None:
    create(shop)

    assert_error_line(shop.run("users", *verb, *person))


def test_question_must_be_answered(shop: Shop) -> None:
    customer(shop)

    ended = shop.run("users", "erase", "ann@example.com", given="n\n")

    assert (ended.returncode, shop.rows(OWN)) == (1, [(2,)])
