"""Files of spreadsheets: files that Excel saves in any locale are imported as meant, and exports open in Excel."""

import csv
import io
import json
from codecs import BOM_UTF8

import pytest

from tests.support.shop_folder import Shop

TEXT = "sku,name,price,stock_quantity\nTEA-1,Thé 🍵,37.50,3\n"
TURNED = TEXT.replace(",", ";").replace("37.50", "37,50")
STORED = "SELECT sku, name, price_minor, stock_quantity FROM products"

FILES = {
    "CSV UTF-8": BOM_UTF8 + TEXT.replace("\n", "\r\n").encode(),
    "semicolons and a decimal comma": BOM_UTF8 + TURNED.replace("\n", "\r\n").encode(),
    "semicolons and a decimal point": TEXT.replace(",", ";").encode(),
    "tabs": TEXT.replace(",", "\t").encode(),
    "Unicode Text": TEXT.replace(",", "\t").replace("\n", "\r\n").encode("utf-16"),
    "UTF-16, big-endian": b"\xfe\xff" + TURNED.encode("utf-16-be"),
    "a line sep=": BOM_UTF8 + f"sep=;\r\n{TURNED}".encode(),
    "a line sep= in quotes": f'"SEP=|"\n{TEXT.replace(",", "|")}'.encode(),
    "a header in capitals": TEXT.replace("sku,name,price,stock_quantity", "SKU,Name, PRICE ,Stock Quantity").encode(),
    "quoted cells": '"sku","name","price","stock_quantity"\n"TEA-1","Thé 🍵","37.50","3"\n'.encode(),
    "no-break spaces": TEXT.replace("TEA-1", "\u00a0TEA-1\u2007").replace("37.50", "\u202f37.50\u00a0").encode(),
    "no line break at the end": TEXT.rstrip().encode("utf-16"),
}


@pytest.mark.parametrize("form", FILES)
def test_file_of_a_spreadsheet_is_imported(shop: Shop, form: str) -> None:
    (shop.here / "catalogue.csv").write_bytes(FILES[form])

    ended = shop.run("products", "import", "catalogue.csv")

    assert (ended.returncode, ended.stdout) == (0, ""), ended
    assert shop.rows(STORED) == [("TEA-1", "Thé 🍵", 3750, 3)]


REFUSED = {
    "37,50 between commas": ("sku,name,price,stock_quantity\nTEA-1,Tea,37,50,3\n", "it has 5"),
    "thousands": ("sku;name;price;stock_quantity\nTEA-1;Tea;1.037,50;3\n", "at most 16 digits and 4 decimals"),
    "a line break in a cell": (
        'sku,name,price,stock_quantity\nTEA-1,"Tea\n1",1,3\n',
        "without line breaks in its cells",
    ),
}


@pytest.mark.parametrize("form", REFUSED)
def test_ambiguous_line_is_refused_with_advice(shop: Shop, form: str) -> None:
    text, words = REFUSED[form]
    (shop.here / "catalogue.csv").write_text(text)

    ended = shop.run("products", "import", "catalogue.csv")

    assert ended.returncode == 1
    assert words in ended.stdout
    assert shop.rows(STORED) == []


def test_truncated_utf16_is_an_error(shop: Shop) -> None:
    (shop.here / "catalogue.csv").write_bytes(TEXT.encode("utf-16")[:-1])

    ended = shop.run("products", "import", "catalogue.csv")

    assert ended.returncode == 1
    assert "is not UTF-16" in ended.stderr


def test_import_from_utf16_can_be_resumed(shop: Shop) -> None:
    (shop.here / "catalogue.csv").write_bytes(f"{TEXT}TEA-2,Tea,1,1\n".encode("utf-16"))

    ended = shop.run("products", "import", "catalogue.csv", "--from-line", "3")

    assert ended.returncode == 0, ended
    assert [row[0] for row in shop.rows(STORED)] == ["TEA-2"]


def test_sku_with_spaces_updates_the_product(shop: Shop) -> None:
    for sku in ("TEA 1", "\u00a0TEA\u00a01 ", "TEA\u20091\u200b"):
        (shop.here / "catalogue.csv").write_text(TEXT.replace("TEA-1", sku))
        assert shop.run("products", "import", "catalogue.csv").returncode == 0

    assert [row[0] for row in shop.rows(STORED)] == ["TEA 1"]


def test_export_with_a_mark_opens_in_excel(shop: Shop) -> None:
    shop.place(2, by="zoë")

    ended = shop.run("export", "orders.csv", "--bom")
    again = shop.run("export", "orders.csv", "--bom", "--resume")

    text = (shop.here / "orders.csv").read_bytes()
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))
    assert ended.returncode == 0, ended
    assert text.count(BOM_UTF8) == 1
    assert text.startswith(BOM_UTF8)
    assert [row["user_id"] for row in rows] == ["zoë", "zoë"]
    assert "Nothing to resume" in again.stderr


def test_export_with_a_mark_is_resumed_with_it(shop: Shop) -> None:
    shop.place(3)
    shop.run("export", "complete.csv", "--bom")
    complete = (shop.here / "complete.csv").read_bytes()
    shop.run("export", "orders.csv", "--bom")
    (shop.here / "orders.csv").rename(shop.here / "orders.csv.part")
    (shop.here / "orders.csv.part").write_bytes(complete[:-20])
    options: dict[str, str | list[str] | None] = {
        "--format": "csv",
        "--view": "orders",
        "--bom": "on",
        "--user": None,
        "--status": [],
    }
    (shop.here / "orders.csv.part.options").write_text(json.dumps(options))

    without = shop.run("export", "orders.csv", "--resume")
    resumed = shop.run("export", "orders.csv", "--resume", "--bom")

    assert "different --bom" in without.stderr
    assert resumed.returncode == 0, resumed
    assert (shop.here / "orders.csv").read_bytes() == complete


def test_mark_is_for_csv_only(shop: Shop) -> None:
    assert shop.run("export", "orders.jsonl", "--bom").returncode == 2
