"""orders products restock"""

import pytest

from tests.support.command import assert_error_line
from tests.support.shop_folder import Shop

STOCK = "SELECT stock_quantity FROM products"
LEDGER = "SELECT kind, quantity, actor FROM stock_movements ORDER BY id"


@pytest.fixture
def shop(shop: Shop) -> Shop:
    (shop.here / "one.csv").write_text("sku,name,price,stock_quantity\nTEA-1,Tea,3.5,7\n")
    assert shop.run("products", "import", "one.csv").returncode == 0
    return shop


@pytest.mark.clause("002-34")
def test_restock_adds_to_the_stock(shop: Shop) -> None:
    first = shop.run("products", "restock", "1", "40")
    second = shop.run("products", "restock", "1", "1")

    assert first.stdout == "TEA-1 (Tea): 47 in stock.\n"
    assert second.stdout == "TEA-1 (Tea): 48 in stock.\n"
    assert [row[:2] for row in shop.rows(LEDGER)][1:] == [("restocked", 40), ("restocked", 1)]
    assert shop.rows(LEDGER)[1][2].startswith("cli:")


@pytest.mark.parametrize(
    ("product", "quantity", "words"),
    [
        ("2", "1", ["product"]),
        ("1", "0", ["quantity"]),
        ("1", str(10**12), ["stock"]),
        ("9" * 30, "1", ["product"]),
        ("TEA-1", "1", ["product"]),
    ],
)
def test_invalid_restock_changes_nothing(shop: Shop, product: str, quantity: str, words: list[str]) -> None:
    ended = shop.run("products", "restock", product, quantity)

    assert_error_line(ended)
    assert all(word in ended.stderr.lower() for word in words), ended.stderr
    assert shop.rows(STOCK) == [(7,)]


@pytest.mark.parametrize("quantity", ["-1", "1.5", "many", ""])
def test_invalid_quantity_is_rejected(shop: Shop, quantity: str) -> None:
    assert shop.run("products", "restock", "--", "1", quantity).returncode in (1, 2)
    assert shop.rows(STOCK) == [(7,)]
