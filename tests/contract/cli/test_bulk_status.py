"""orders bulk-status"""

import getpass
import json
import re
from pathlib import Path
from uuid import UUID

import pytest

from tests.support.command import assert_error_line, orders
from tests.support.depth import effort
from tests.support.shop_folder import Shop, interrupted

STATUSES = "SELECT number, status, version FROM orders ORDER BY number"


@pytest.fixture
def shop(shop: Shop) -> Shop:
    shop.place(3)
    return shop


def named(shop: Shop, *lines: object) -> str:
    (shop.here / "orders.txt").write_text("".join(f"{line}\n" for line in lines))
    return "orders.txt"


@pytest.mark.clause("002-32", "002-34")
def test_bulk_status_reports_every_order(shop: Shop) -> None:
    order_id = str(UUID(shop.rows("SELECT id FROM orders WHERE number = 3")[0][0]))

    ended = shop.run("bulk-status", "shipped", named(shop, 1, "", order_id, 99, "none"))

    assert ended.returncode == 1
    assert [line.split("\t") for line in ended.stdout.splitlines()] == [
        ["1", "1", "updated"],
        ["3", order_id, "updated"],
        ["4", "99", "failed", "There is no such order."],
        ["5", "none", "failed", "Must be an order number or an order id."],
    ]
    assert ended.stderr == "Orders: 2 updated, 2 failed.\n"
    assert shop.rows(STATUSES) == [(1, "SHIPPED", 2), (2, "PENDING", 1), (3, "SHIPPED", 2)]


@pytest.mark.clause("002-32")
def test_results_are_printed_as_json_lines(shop: Shop) -> None:
    shop.run("bulk-status", "SHIPPED", named(shop, 1))

    ended = shop.run("bulk-status", "cancelled", named(shop, 2, 1), "--results", "jsonl")

    assert [json.loads(line) for line in ended.stdout.splitlines()] == [
        {"line": 1, "order_id": "2", "result": "updated", "error": None},
        {
            "line": 2,
            "order_id": "1",
            "result": "failed",
            "error": "An order that is SHIPPED cannot become CANCELED.",
        },
    ]


def test_history_names_the_operator(shop: Shop) -> None:
    shop.run("bulk-status", "paid", named(shop, 1))

    assert shop.rows("SELECT actor, role FROM order_history WHERE to_status = 'PAID'") == [
        (f"cli:{getpass.getuser()}", "admin")
    ]


def test_repeated_run_changes_nothing(shop: Shop) -> None:
    first, second = (shop.run("bulk-status", "paid", named(shop, 1, 2, 1)) for _ in range(2))

    assert (first.returncode, second.returncode) == (0, 0)
    assert second.stderr == "Orders: 3 updated, 0 failed.\n"
    assert shop.rows(STATUSES) == [(1, "PAID", 2), (2, "PAID", 2), (3, "PENDING", 1)]


def test_from_line_resumes_standard_input(shop: Shop) -> None:
    ended = shop.run("bulk-status", "paid", "-", "--from-line", "2", given="1\n2\n")

    assert (ended.returncode, ended.stdout) == (0, "2\t2\tupdated\n")


@pytest.mark.parametrize("arguments", [["lost", "orders.db"], ["paid"], ["paid", "nowhere.txt"], ["paid", "."]])
def test_invalid_arguments_are_a_usage_error(shop: Shop, arguments: list[str]) -> None:
    ended = shop.run("bulk-status", *arguments)

    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_missing_database_error_says_how_to_resume(tmp_path: Path) -> None:
    (tmp_path / "orders.txt").write_text("1\n")

    assert_error_line(orders("bulk-status", "paid", "orders.txt", here=tmp_path), "store", "--from-line 1")


@pytest.mark.clause("002-34")
def test_interrupted_run_resumes_at_its_line(shop: Shop) -> None:
    number = effort(200, 800)
    shop.place(number - 3)
    name = named(shop, *range(1, number + 1))
    paid = "SELECT count(*) FROM orders WHERE status = 'PAID'"

    ended = interrupted("bulk-status", "paid", name, here=shop.here, when=lambda: shop.rows(paid) > [(20,)])
    ((begun,),) = shop.rows(paid)
    line = re.findall(r"--from-line (\d+)", ended.stderr)[0]
    resumed = shop.run("bulk-status", "paid", name, "--from-line", line)

    assert ended.returncode == 130, ended
    assert len(ended.stdout.splitlines()) == begun == int(line) - 1
    assert begun < number
    assert resumed.stderr == f"Orders: {number - begun:,} updated, 0 failed.\n"
    assert shop.rows("SELECT DISTINCT status, version FROM orders") == [("PAID", 2)]


def test_full_disk_error_says_how_to_resume(shop: Shop) -> None:
    shop.place(2)

    ended = shop.run_onto_a_full_disk("bulk-status", "confirmed", "-", given="1\n2\n")

    assert ended.returncode == 1
    (sentence,) = ended.stderr.splitlines()
    assert "No space left on device" in sentence
    assert "--from-line 1" in sentence


def test_from_line_beyond_the_end_is_an_error(shop: Shop) -> None:
    shop.place()
    (shop.here / "orders.txt").write_text("1\n")

    assert shop.run("bulk-status", "confirmed", "orders.txt", "--from-line", "2").returncode == 0
    assert_error_line(shop.run("bulk-status", "confirmed", "orders.txt", "--from-line", "3"), "line 1", "from-line 3")
