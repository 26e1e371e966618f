"""orders find, orders index"""

from pathlib import Path

import pytest

from orders_domain import Actor, CustomItem, Money
from orders_domain.use_cases import PlaceOrder
from orders_flask import Settings
from orders_flask.bootstrap.container import Container, close
from tests.contract.cli.test_doctor_data import COPY_HISTORY, COPY_ORDERS
from tests.support.command import assert_error_line, orders
from tests.support.shop_folder import Shop, interrupted


@pytest.fixture
def here(migrated: Path) -> Path:
    """A directory whose database has three orders."""
    container = Container(settings=Settings(database_url=f"sqlite:///{migrated}/orders.db"))
    for sku in ("TEA-1", "TEA-2", "LAMP"):
        item = CustomItem({"sku": sku, "quantity": 1, "unit_price": 2.5})
        container.place_order(PlaceOrder(actor=Actor(subject="ann"), items=(item,), total=Money.of(2.5, "USD")))
    close(container)
    return migrated


def test_find_prints_a_line_for_each_order(here: Path) -> None:
    both, one = orders("find", "tea", here=here), orders("find", "TEA-2", here=here)

    assert [line.split()[0] for line in both.stdout.splitlines()] == ["2", "1"]
    assert [line.split()[3:] for line in one.stdout.splitlines()] == [["PENDING", "2.50", "USD", "-", "-"]]
    assert orders("find", "tea", "--limit", "1", here=here).stderr == "There are more than 1 orders.\n"


def test_find_reports_what_it_cannot_find(here: Path) -> None:
    assert orders("find", "nobody", here=here).stderr == "No order has these words.\n"
    assert_error_line(orders("find", "%%", here=here), "a letter or digit")


def test_interrupted_index_is_continued(shop: Shop) -> None:
    shop.place(3)
    for _ in range(9):  # 1,536 orders, which are eight batches
        shop.rows(COPY_ORDERS)
        shop.rows(COPY_HISTORY)
    for table in ("order_words", "order_word_index"):
        shop.rows(f"DELETE FROM {table}")
    indexed = "SELECT count(*) FROM order_words"

    ended = interrupted("index", here=shop.here, when=lambda: shop.rows(indexed) != [(0,)])
    [(before,)] = shop.rows(indexed)
    again = shop.run("index", *ended.stderr.split("orders index")[1].split())

    assert (ended.returncode, ended.stdout) == (130, "")
    assert 0 < before < 1_536
    assert again.stdout == "All orders can be found.\n"
    assert shop.rows(indexed) == [(1_536,)]


def test_unavailable_store_leaves_a_position(shop: Shop) -> None:
    shop.place()
    shop.rows("ALTER TABLE order_words RENAME TO lost")

    assert_error_line(shop.run("index"), "Continue with: orders index --from 00000000-0000-0000-0000-000000000000")


def test_index_stores_the_words_again(here: Path) -> None:
    assert orders("index", here=here).stdout == "All orders can be found.\n"
