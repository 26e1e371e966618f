"""`orders doctor` on the data: findings, repairs, exit status, positions, and orders that wait too long."""

import shlex
import signal
from collections.abc import Iterator

import pytest
from dependency_injector import providers

from orders_domain import Actor, Role
from orders_domain.use_cases import CheckConsistency, ConsistencyStep
from orders_flask.bootstrap.container import Container
from orders_flask.cli.doctor.data import check_data
from tests.support.command import Ended
from tests.support.shop_folder import Shop, interrupted

SPRING = "2026-03-14 12:00:00.000000"
WRONG = "UPDATE orders SET is_held = 1"


def lines(ended: Ended, word: str) -> list[str]:
    return [line for line in ended.stdout.splitlines() if line.startswith(f"{word:10} ")]


def aged(shop: Shop) -> None:
    """Let all orders be of last spring, whose events are purged."""
    shop.rows(f"UPDATE orders SET updated_at = '{SPRING}', created_at = '{SPRING}'")
    shop.rows(f"UPDATE order_history SET at = '{SPRING}'")


def test_findings_are_named_and_change_nothing(shop: Shop) -> None:
    shop.place(2)
    shop.rows(WRONG)

    ended = shop.run("doctor")

    assert ended.returncode == 1
    text = "is_held is True, and the history says False. (order_axes)"
    assert lines(ended, "finding") == [f"finding    order {number}: {text}" for number in (1, 2)]
    assert "2 findings (0 for a person, 2 orders, 2 events examined); run: orders doctor --fix" in ended.stdout
    assert shop.rows("SELECT DISTINCT is_held, version FROM orders") == [(1, 1)]
    assert shop.run("doctor", "--no-data").returncode == 0


def test_fix_repairs_once(shop: Shop) -> None:
    shop.place(2)
    shop.rows(WRONG)

    first, second = shop.run("doctor", "--fix"), shop.run("doctor", "--fix")

    assert [ended.returncode for ended in (first, second)] == [0, 0]
    assert [len(lines(ended, "repaired")) for ended in (first, second)] == [2, 0]
    assert "ok (2 repaired, 2 orders" in lines(first, "data")[0]
    assert shop.rows("SELECT DISTINCT is_held, version FROM orders") == [(0, 2)]


def test_finding_without_truth_remains(shop: Shop) -> None:
    shop.place()
    shop.rows("DELETE FROM order_history")

    ended = shop.run("doctor", "--fix")

    assert ended.returncode == 1
    assert lines(ended, "finding") == [
        "finding    order 1: The order has no history. (order_history; a person must repair it)"
    ]
    assert "1 findings (0 repaired, 1 for a person" in lines(ended, "data")[0]


def test_damaged_row_is_a_finding(shop: Shop) -> None:
    shop.place(2)
    shop.rows(WRONG)
    shop.rows("UPDATE orders SET life = '{' WHERE number = 1")

    ended = shop.run("doctor", "--fix")

    assert (ended.returncode, ended.stderr) == (1, "")
    assert [len(lines(ended, word)) for word in ("finding", "repaired")] == [1, 1]
    assert "(unreadable_row; a person must repair it)" in lines(ended, "finding")[0]
    assert "1 findings (1 repaired, 1 for a person, 2 orders" in lines(ended, "data")[0]


def test_position_continues_after_it(shop: Shop) -> None:
    shop.place(2)
    shop.rows(WRONG)
    [(first,)] = shop.rows("SELECT id FROM orders ORDER BY id LIMIT 1")

    later = shop.run("doctor", "--from", f"orders:{first}")
    products = shop.run("doctor", "--from", "products:")
    mistyped = [
        shop.run("doctor", "--from", text) for text in ("orders:x", "planets:", "orders:5", f"products:{9**40}")
    ]

    assert [len(lines(ended, "finding")) for ended in (later, products)] == [1, 0]
    assert [ended.returncode for ended in mistyped] == [2, 1, 1, 1]
    assert "It must be a position" in mistyped[0].stderr
    assert all("The position must be one that" in ended.stderr for ended in mistyped[2:])
    assert "The area must be one of: orders, " in mistyped[1].stderr


def test_interrupted_repair_is_continued(shop: Shop) -> None:
    shop.place(3)
    aged(shop)
    for _ in range(8):  # 768 orders, which are more than a batch
        shop.rows(COPY_ORDERS)
        shop.rows(COPY_HISTORY)
    shop.rows(f"{WRONG} WHERE number % 4 = 0")
    done = "SELECT count(*) FROM orders WHERE version = 2"

    ended = interrupted("doctor", "--fix", here=shop.here, when=lambda: shop.rows(done) != [(0,)])
    [line] = lines(ended, "data")
    [(repaired,)] = shop.rows(done)
    again = shop.run("doctor", "--fix", "--from", *shlex.split(line.partition("--from ")[2]))

    assert ended.returncode == 130
    assert 0 < repaired < 192
    assert again.returncode == 0, again.stdout
    assert shop.rows(done) == [(192,)]
    assert shop.rows("SELECT max(version), max(is_held) FROM orders") == [(2, 0)]


def test_second_interrupt_prints_the_position(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.place()

    def interrupt_twice(container: Container) -> None:
        first, *_ = container.check_consistency(CheckConsistency(actor=Actor(subject="root", role=Role.ADMIN)))

        def steps(request: CheckConsistency) -> Iterator[ConsistencyStep]:
            yield first
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

        container.check_consistency.override(providers.Callable(steps))
        check_data(container, repair=True, start=None)

    with pytest.raises(SystemExit) as ended:
        shop.within(interrupt_twice)

    assert ended.value.code == 130
    assert "interrupted, ok (0 repaired, 1 orders examined); continue with: --from 'order numbers:'" in (
        capsys.readouterr().out
    )


def test_old_open_orders_are_advised(shop: Shop) -> None:
    shop.place(2)
    aged(shop)

    ended = shop.run("doctor")
    patient = shop.run("doctor", "--stuck-hours", "8784")

    [advice] = [line for line in lines(ended, "advice") if "not changed" in line]
    assert "Of 2 orders that are PENDING (payment none, fulfillment none), the oldest has not changed for" in advice
    assert "GET /v1/orders/?stuck_hours=24" in advice
    assert (ended.returncode, "not changed" in patient.stdout) == (0, False)


COPY_ORDERS = """
    INSERT INTO orders (id, number, user_id, items, lines, total_minor, currency, status, version, created_at,
                        updated_at, origin, charges, life)
    SELECT lower(hex(randomblob(16))), (SELECT max(number) FROM orders) + row_number() OVER (), user_id, items, lines,
           total_minor, currency, status, version, created_at, updated_at, origin, charges, life
    FROM orders
"""
COPY_HISTORY = """
    INSERT INTO order_history (order_id, version, kind, at, actor, role, from_status, to_status, details)
    SELECT orders.id, 1, kind, at, actor, role, from_status, to_status, details
    FROM orders, (SELECT * FROM order_history ORDER BY position LIMIT 1)
    WHERE NOT EXISTS (SELECT 1 FROM order_history WHERE order_id = orders.id)
"""
