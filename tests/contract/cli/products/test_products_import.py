"""orders products import"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import assert_error_line, orders
from tests.support.depth import effort
from tests.support.shop_folder import Shop, interrupted

HEADER = "sku,name,price,stock_quantity\n"
STORED = "SELECT sku, name, price_minor, currency, stock_quantity, low_stock_threshold FROM products ORDER BY id"


def written(shop: Shop, name: str, text: str | bytes) -> str:
    (shop.here / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def recommended_line(stderr: str) -> str:
    """The value of --from-line that the error message recommends."""
    match = re.search(r"--from-line (\d+)", stderr)
    assert match, stderr
    return match[1]


@pytest.mark.clause("002-34")
def test_csv_file_is_imported(shop: Shop) -> None:
    lines = (
        "name,sku,stock_quantity,price,currency,low_stock_threshold\n"
        '"Tea, black",TEA-1,7,3.5,EUR,2\n\n"Lamp ""Ada"", of brass",LAMP-1,0,120,,\n Thé 🍵 ,TEA-2, 8 , 4.25 ,USD,0\n'
    )

    ended = shop.run("products", "import", written(shop, "catalogue.csv", "\ufeff" + lines))

    assert (ended.returncode, ended.stdout) == (0, ""), ended
    assert ended.stderr == "Products: 3 added, 0 changed, 0 unchanged, 0 rejected.\n"
    assert shop.rows(STORED) == [
        ("TEA-1", "Tea, black", 350, "EUR", 7, 2),
        ("LAMP-1", 'Lamp "Ada", of brass', 12000, "USD", 0, 5),
        ("TEA-2", "Thé 🍵", 425, "USD", 8, 0),
    ]


@pytest.mark.clause("002-34")
def test_jsonl_file_is_imported(shop: Shop) -> None:
    products: list[dict[str, Any]] = [
        {"sku": "TEA-1", "name": "Tea", "price": 3.5, "stock_quantity": 7, "low_stock_threshold": 2},
        {"sku": "TEA-2", "name": "Tea", "price": "4.25", "stock_quantity": 8, "currency": "EUR"},
        {"sku": "TEA-3", "name": "Tea", "price": 4, "stock_quantity": 0, "currency": None},
    ]
    text = "\n".join(map(json.dumps, products))  # no newline at the end

    ended = shop.run("products", "import", written(shop, "catalogue.jsonl", text), DEFAULT_CURRENCY="GBP")

    assert ended.returncode == 0, ended
    assert shop.rows(STORED) == [
        ("TEA-1", "Tea", 350, "GBP", 7, 2),
        ("TEA-2", "Tea", 425, "EUR", 8, 5),
        ("TEA-3", "Tea", 400, "GBP", 0, 5),
    ]


BAD_CSV = {
    ",Tea,1,1": "missing: sku",
    "T,,1,1": "missing: name",
    "T,  ,1,1": "name: Must have 1 to 255 characters, not all blank",
    "T,Tea,,1": "missing: price",
    "T,Tea,-1,1": "price: must be an amount with at most 16 digits and 4 decimals",
    "T,Tea,1e3,1": "price: must be an amount with at most 16 digits and 4 decimals",
    "T,Tea,NaN,1": "price: must be an amount with at most 16 digits and 4 decimals",
    "T,Tea,1.005,1": "price: An amount in USD must have at most 2 decimals",
    "T,Tea,99999999999999,1": "price: An amount must be at most 1000000000000 minor units",
    "T,Tea,1,": "missing: stock_quantity",
    "T,Tea,1,-1": "stock_quantity: Must be a whole number from 0 to 1000000000000",
    "T,Tea,1,1.5": "stock_quantity: Must be a whole number from 0 to 1000000000000",
    "T,Tea,1,9999999999999": "stock_quantity: Must be a whole number from 0 to 1000000000000",
    "T,Tea,1": "must have 4 cells, like the header; it has 3",
    "T,Tea,1,1,1": "must have 4 cells, like the header; it has 5",
    f"{'T' * 65},Tea,1,1": "sku: Must have 1 to 64 characters, not all blank",
    '"T"x,Tea,1,1': "must be CSV: ',' expected after '\"'",
    "T,T\x00,1,1": "text must be UTF-8 without NUL characters",
}


@pytest.mark.parametrize(("line", "reason"), BAD_CSV.items())
def test_invalid_csv_line_is_skipped(shop: Shop, line: str, reason: str) -> None:
    text = f"{HEADER}TEA-1,Tea,1,1\n{line}\nTEA-2,Tea,1,1\n"

    ended = shop.run("products", "import", written(shop, "catalogue.csv", text))

    assert (ended.returncode, ended.stdout) == (1, f"line 3: {reason}\n")
    assert [row[0] for row in shop.rows(STORED)] == ["TEA-1", "TEA-2"]


GOOD = {"sku": "T", "name": "Tea", "price": 1, "stock_quantity": 1}
BAD_JSON: dict[str, str] = {
    "{": "must be JSON",
    "[1]": "must be a JSON object",
    "7": "must be a JSON object",
    "[" * 100_000: "must be JSON",
    json.dumps(GOOD | {"price": True}): "price: An amount must be a finite number",
    json.dumps(GOOD | {"price": float("nan")}): "price: An amount must be a finite number",
    json.dumps(GOOD | {"stock_quantity": True}): "stock_quantity: Must be a whole number from 0 to 1000000000000",
    json.dumps(GOOD | {"stock_quantity": 1.0}): "stock_quantity: Must be a whole number from 0 to 1000000000000",
    json.dumps(GOOD | {"sku": 7}): "sku: Must have 1 to 64 characters, not all blank",
    json.dumps(GOOD | {"currency": "XXX"}): "currency: The currency must be an ISO 4217 code in use",
    json.dumps(GOOD | {"currency": 7}): "currency: must be an ISO 4217 code",
    json.dumps(GOOD | {"name": "half \ud83c"}): "text must be UTF-8 without NUL characters",
    json.dumps(GOOD | {"colour": "red"}): "unknown members: colour",
    json.dumps(GOOD | {"\x1b]0;title\x07": 1, "size": 1}): r"unknown members: '\x1b]0;title\x07', size",
    f'{{"price": {"9" * 5000}}}': "must be JSON",
}


@pytest.mark.parametrize(("line", "reason"), BAD_JSON.items(), ids=lambda value: value[:40])
def test_invalid_jsonl_line_is_skipped(shop: Shop, line: str, reason: str) -> None:
    text = f"{json.dumps(GOOD)}\n{line}\n\n{json.dumps(GOOD | {'sku': 'U'})}\n"

    ended = shop.run("products", "import", written(shop, "catalogue.jsonl", text))

    assert (ended.returncode, ended.stdout) == (1, f"line 2: {reason}\n")
    assert [row[0] for row in shop.rows(STORED)] == ["T", "U"]


def test_column_does_not_control_the_terminal(shop: Shop) -> None:
    file = written(shop, "catalogue.csv", HEADER.replace("\n", ",\x1b[31mcolour\n") + "TEA-1,Tea,1,1,red\n")

    ended = shop.run("products", "import", file)

    assert_error_line(ended, r"Unknown or duplicate columns: '\x1b[31mcolour'")


def test_non_utf8_line_is_skipped(shop: Shop) -> None:
    text = HEADER.encode() + b"TEA-1,Tea,1,1\nTEA-2,Th\xe9,1,1\nTEA-3,Tea,1,1\n"

    ended = shop.run("products", "import", written(shop, "catalogue.csv", text))

    assert (ended.returncode, ended.stdout) == (1, "line 3: text must be UTF-8 without NUL characters\n")
    assert len(shop.rows(STORED)) == 2


OPEN = "must be CSV: a quote is not closed; a product must be one line, without line breaks in its cells"
CLOSED = (
    "must be CSV: a quote may belong to an earlier line; a product must be one line, without line breaks in its cells"
)


def test_unclosed_quote_affects_one_line(shop: Shop) -> None:
    others = effort(1_000, 20_000)
    text = f'{HEADER}TEA-1,"Tea,1,1\n' + "".join(f'SKU-{n},"Tea, {n}",1,1\n' for n in range(others))

    ended = shop.run("products", "import", written(shop, "catalogue.csv", text))

    assert (ended.returncode, ended.stdout) == (1, f"line 2: {OPEN}\n")
    assert ended.stderr == f"Products: {others:,} added, 0 changed, 0 unchanged, 1 rejected.\n"


def test_multiline_product_is_rejected_fully(shop: Shop) -> None:
    text = 'name,sku,price,stock_quantity\n"Lamp\nof brass",LAMP-1,1,1\nTV 24",TV-1,1,1\n"Tea\n"Pot",POT-1,1,1\n'

    ended = shop.run("products", "import", written(shop, "catalogue.csv", text))

    assert ended.stdout == f"line 2: {OPEN}\nline 3: {CLOSED}\nline 5: {OPEN}\n"
    assert [row[:2] for row in shop.rows(STORED)] == [("TV-1", 'TV 24"'), ("POT-1", "Pot")]


def test_from_line_inside_product_rejects_rest(shop: Shop) -> None:
    text = 'name,sku,price,stock_quantity\n"Lamp\nof brass",LAMP-1,1,1\nTea,TEA-1,1,1\n'

    ended = shop.run("products", "import", written(shop, "catalogue.csv", text), "--from-line", "3")

    assert ended.stdout == f"line 3: {CLOSED}\n"
    assert [row[0] for row in shop.rows(STORED)] == ["TEA-1"]


def test_jsonl_name_may_span_lines(shop: Shop) -> None:
    name = written(shop, "catalogue.jsonl", json.dumps(GOOD | {"name": "Lamp\nof brass"}))

    assert shop.run("products", "import", name).returncode == 0
    assert shop.rows("SELECT name FROM products") == [("Lamp\nof brass",)]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("", "sku, name, price, stock_quantity"),
        ("sku,name\n", "price, stock_quantity"),
        ("sku,name,price,stock_quantity,colour\n", "colour"),
        ("sku;name;price\n", "stock_quantity"),
        ("sku,name,price,stock_quantity\rT,Tea,1,1\r", "LF or CRLF"),
        ("PK\x03\x04\x00\x00", "must be text"),
        ("sku,sku,name,price,stock_quantity\n", "sku"),
    ],
)
def test_invalid_header_is_rejected(shop: Shop, header: str, words: str) -> None:
    ended = shop.run("products", "import", written(shop, "catalogue.csv", f"{header}T,Tea,1,1\n"))

    assert_error_line(ended, words)


def test_dry_run_changes_nothing(shop: Shop) -> None:
    shop.run("products", "import", written(shop, "first.csv", f"{HEADER}A,Tea,1,1\nB,Tea,1,1\n"))
    before = shop.rows(STORED)

    ended = shop.run(
        "products", "import", "--dry-run", written(shop, "next.csv", f"{HEADER}A,Tea,2,1\nB,Tea,1,1\nC,Tea,1,1\nD\n")
    )

    assert ended.returncode == 1
    assert ended.stderr == ("Products: 1 added, 1 changed, 1 unchanged, 1 rejected. Dry run: nothing was changed.\n")
    assert shop.rows(STORED) == before


def test_from_line_skips_earlier_lines(shop: Shop) -> None:
    name = written(shop, "catalogue.csv", f"{HEADER}A,Tea,1,1\nbad\nB,Tea,1,1\nC,Tea,1,1\n")

    ended = shop.run("products", "import", name, "--from-line", "4")

    assert ended.returncode == 0
    assert [row[0] for row in shop.rows(STORED)] == ["B", "C"]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_from_line_beyond_the_end_is_an_error(shop: Shop, form: str) -> None:
    text = f"{HEADER}A,Tea,1,1\n" if form == "csv" else f"{json.dumps(GOOD)}\n\n"
    name = written(shop, "catalogue", text)

    ended = shop.run("products", "import", name, "--format", form, "--from-line", "4")
    at_the_end = shop.run("products", "import", name, "--format", form, "--from-line", "3")

    assert_error_line(ended, "ends with line 2", "--from-line 4")
    assert at_the_end.returncode == 0  # an import may be interrupted after its last line


def test_standard_input_is_imported(shop: Shop) -> None:
    ended = shop.run("products", "import", "-", "--format", "csv", given=f"{HEADER}A,Tea,1,1\n")

    assert ended.returncode == 0, ended
    assert len(shop.rows(STORED)) == 1


@pytest.mark.parametrize("arguments", [["nowhere.csv"], ["-"], ["."], ["orders.db"], ["orders.db", "--format", "xml"]])
def test_unreadable_file_is_a_usage_error(shop: Shop, arguments: list[str]) -> None:
    ended = shop.run("products", "import", *arguments)

    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_missing_database_error_says_how_to_resume(tmp_path: Path) -> None:
    (tmp_path / "catalogue.csv").write_text(f"{HEADER}A,Tea,1,1\n")

    ended = orders("products", "import", "catalogue.csv", here=tmp_path)

    assert_error_line(ended, "store", "--from-line 1")


def catalogue(size: int, *, bad: int) -> str:
    """A CSV file with the given number of lines; in each of the first thousands one line is invalid."""
    lines = [f"SKU-{n},Product {n},{n % 100}.50,{n % 50}" for n in range(size)]
    for n in range(bad):
        lines[n * 1000 + 7] = f"BAD-{n},Product,minus one,1"
    return HEADER + "\n".join(lines) + "\n"


@pytest.mark.clause("002-34")
def test_large_import_skips_invalid_lines(shop: Shop) -> None:
    bad = effort(3, 20)
    good = bad * 1_000 - bad
    name = written(shop, "catalogue.csv", catalogue(bad * 1_000, bad=bad))

    ended = shop.run("products", "import", name)
    again = shop.run("products", "import", name)

    assert ended.returncode == again.returncode == 1
    assert ended.stdout.splitlines() == [
        f"line {n * 1000 + 9}: price: must be an amount with at most 16 digits and 4 decimals" for n in range(bad)
    ]
    assert ended.stderr == f"Products: {good:,} added, 0 changed, 0 unchanged, {bad} rejected.\n"
    assert again.stderr == f"Products: 0 added, 0 changed, {good:,} unchanged, {bad} rejected.\n"
    assert shop.rows("SELECT count(*), sum(stock_quantity) FROM products") == shop.rows(
        "SELECT count(DISTINCT product_id), sum(quantity) FROM stock_movements"
    )


@pytest.mark.clause("002-34")
def test_interrupted_import_can_be_resumed(shop: Shop) -> None:
    size = effort(5_000, 20_000)
    name = written(shop, "catalogue.csv", catalogue(size, bad=0))

    ended = interrupted(
        "products", "import", name, here=shop.here, when=lambda: shop.rows("SELECT count(*) FROM products") > [(1500,)]
    )
    begun = shop.rows("SELECT count(*) FROM products")[0][0]
    resumed = shop.run("products", "import", name, "--from-line", recommended_line(ended.stderr))

    assert ended.returncode == 130, ended
    assert 1500 < begun < size
    assert ended.stderr.startswith(f"Products: {begun:,} added")
    assert resumed.stderr == f"Products: {size - begun:,} added, 0 changed, 0 unchanged, 0 rejected.\n"
    assert "Traceback" not in ended.stderr


@pytest.mark.clause("002-34")
def test_huge_exponent_affects_one_line(shop: Shop) -> None:
    line = '{{"sku": "{}", "name": "x", "price": {}, "stock_quantity": 1}}\n'
    text = line.format("A", 1) + line.format("B", "1E+99999999999999999999999") + line.format("C", "1E+400")
    text += line.format("D", 2)

    ended = shop.run("products", "import", written(shop, "catalogue.jsonl", text))

    assert ended.returncode == 1
    assert [message.partition(":")[0] for message in ended.stdout.splitlines()] == ["line 2", "line 3"]
    assert [row[0] for row in shop.rows(STORED)] == ["A", "D"]
