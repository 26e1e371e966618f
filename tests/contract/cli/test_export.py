"""orders export"""

import csv
import fcntl
import json
import os
import random
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import click
import pytest

from orders_flask.cli.export import file as export_file
from tests.support.command import assert_error_line, orders
from tests.support.depth import effort
from tests.support.shop_folder import Shop, interrupted

MANY = effort(2_500, 12_000)


def as_csv(shop: Shop, name: str) -> list[dict[str, str]]:
    with (shop.here / name).open(newline="") as file:
        return list(csv.DictReader(file, strict=True))


def as_json(shop: Shop, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (shop.here / name).read_text().splitlines()]


def unfinished(shop: Shop, name: str, *arguments: str) -> Path:
    """Start an export that fails early, because the store is unavailable; return its unfinished file."""
    (shop.here / "orders.db").rename(shop.here / "away.db")
    ended = shop.run("export", name, *arguments)
    (shop.here / "away.db").rename(shop.here / "orders.db")
    assert "--resume" in ended.stderr, ended
    return shop.here / f"{name}.part"


def numbers(shop: Shop, *arguments: str) -> list[int]:
    """The numbers of the orders in an export with the options."""
    ended = shop.run("export", "found.jsonl", *arguments)
    assert ended.returncode == 0, ended
    return [row["order_number"] for row in as_json(shop, "found.jsonl")]


@pytest.mark.clause("002-34")
def test_csv_export_lists_orders_newest_first(shop: Shop) -> None:
    shop.place()
    shop.order_products("Tea", "Cup", city='Zürich "West",\nnear the lake')

    ended = shop.run("export", "orders.csv")

    newest, oldest = as_csv(shop, "orders.csv")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "2 orders.\n")
    assert (oldest["order_number"], oldest["user_id"], oldest["status"]) == ("1", "ann", "PENDING")
    assert (oldest["total"], oldest["currency"], oldest["items"]) == ("75.00", "USD", "1")
    assert oldest["shipping_city"] == ""
    assert (newest["order_number"], newest["total"], newest["items"]) == ("2", "14.00", "2")
    assert newest["shipping_city"] == 'Zürich "West",\nnear the lake'
    assert newest["created_at"].endswith("Z")
    assert not (shop.here / "orders.csv.part").exists()


@pytest.mark.clause("002-34")
def test_jsonl_export_matches_csv(shop: Shop) -> None:
    shop.order_products("Tea")
    shop.run("export", "orders.csv")

    shop.run("export", "orders.jsonl")

    (row,) = as_json(shop, "orders.jsonl")
    (cells,) = as_csv(shop, "orders.csv")
    assert (row["total"], row["items"], row["version"], row["shipping_line2"]) == (7.0, 1, 1, None)
    assert list(row) == list(cells)
    assert (row["order_id"], row["created_at"]) == (cells["order_id"], cells["created_at"])


@pytest.mark.clause("002-34")
def test_item_view_has_one_row_per_item(shop: Shop) -> None:
    shop.place()
    shop.order_products("Tea", "Cup")

    shop.run("export", "items.csv", "--view", "items")
    shop.run("export", "items.jsonl", "--view", "items")

    rows = as_csv(shop, "items.csv")
    assert [(row["order_number"], row["position"], row["product_id"], row["subtotal"]) for row in rows] == [
        ("2", "0", "1", "7.00"),
        ("2", "1", "2", "7.00"),
        ("1", "0", "", ""),
    ]
    item = {"sku": "TEA-1", "quantity": 2, "unit_price": 37.5}
    assert json.loads(rows[2]["item"]) == item
    tea, _, sent = as_json(shop, "items.jsonl")
    assert (tea["quantity"], tea["unit_price"], tea["item"], sent["item"]) == (2, 3.5, None, item)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        *((text, f"'{text}") for text in ("=1+1", "+1", "-1", "@SUM(A1)", "＝1", "\ufeff=1", " =1", '"=1"', "'=1")),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("\n=1", "'\n'=1"),
        ("Bonn;=1+1", "Bonn;'=1+1"),
    ],
)
def test_spreadsheet_formula_is_escaped_in_csv(shop: Shop, text: str, cell: str) -> None:
    shop.order_products("Tea", city=text, by=text)

    shop.run("export", "orders.csv")
    shop.run("export", "orders.jsonl")

    (cells,), (row,) = as_csv(shop, "orders.csv"), as_json(shop, "orders.jsonl")
    assert (cells["shipping_city"], cells["user_id"]) == (cell, cell)
    assert (row["shipping_city"], row["user_id"]) == (text, text)


def test_filters_can_be_combined(shop: Shop) -> None:
    for user in ("ann", "bob", "ann"):
        shop.place(by=user)
    for number, day in ((1, "2026-01-31"), (2, "2026-02-01"), (3, "2026-02-28")):
        shop.rows(f"UPDATE orders SET created_at = '{day} 23:59:59.999999' WHERE number = {number}")
    shop.rows("UPDATE orders SET status = 'PAID' WHERE number > 1")

    assert numbers(shop) == [3, 2, 1]
    assert numbers(shop, "--user", "ann") == [3, 1]
    assert numbers(shop, "--status", "paid", "--status", "shipped") == [3, 2]
    assert numbers(shop, "--from", "2026-02-01") == [3, 2]
    assert numbers(shop, "--until", "2026-02-01") == [2, 1]
    assert numbers(shop, "--from", "2026-02-02T01:00:00+02:00") == [3, 2]
    assert numbers(shop, "--until", "2026-02-01T23:59:59Z") == [1]
    assert numbers(shop, "--user", "ann", "--status", "paid", "--from", "2026-02-01", "--until", "2026-02-28") == [3]
    assert numbers(shop, "--user", "nobody") == []


def test_empty_export_has_a_header(shop: Shop) -> None:
    shop.run("export", "orders.csv")

    assert as_csv(shop, "orders.csv") == []
    assert (shop.here / "orders.csv").read_text().startswith("order_number,order_id,origin,user_id,status,total,")


@pytest.mark.parametrize("arguments", [["--format", "csv"], ["--format", "jsonl", "--view", "items"]])
def test_stdout_export_equals_file_export(shop: Shop, arguments: list[str]) -> None:
    shop.place(3)

    shop.run("export", "file", *arguments)
    ended = shop.run("export", "-", *arguments)

    assert ended.returncode == 0
    assert ended.stdout.encode() == (shop.here / "file").read_bytes()


@pytest.mark.parametrize(
    "arguments",
    [
        ["-"],
        ["orders"],
        ["orders.xml"],
        ["."],
        ["-", "--format", "csv", "--resume"],
        ["orders.csv", "--from", "yesterday"],
        ["orders.csv", "--from", "2026-01-02", "--until", "2026-01-01"],
        ["orders.csv", "--from", "2026-01-01T00:00:01", "--until", "2026-01-01T00:00:00"],
        ["orders.csv", "--status", "lost"],
        ["orders.csv", "--view", "people"],
    ],
)
def test_invalid_arguments_are_a_usage_error(shop: Shop, arguments: list[str]) -> None:
    ended = shop.run("export", *arguments)

    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_missing_folder_is_an_error(shop: Shop) -> None:
    ended = shop.run("export", "nowhere/orders.csv")

    assert_error_line(ended, "nowhere/orders.csv")


def test_non_regular_file_is_rejected(shop: Shop) -> None:
    os.mkfifo(shop.here / "fifo.csv")
    (shop.here / "link.csv").symlink_to("fifo.csv")

    for name in ("fifo.csv", "link.csv"):
        assert_error_line(shop.run("export", name), f"{name} must be a regular file")
        assert_error_line(shop.run("export", name, "--resume"), f"{name} must be a regular file")
    assert (shop.here / "fifo.csv").is_fifo()
    assert (shop.here / "link.csv").is_symlink()
    assert not list(shop.here.glob("*.part*"))


def test_device_file_is_rejected() -> None:
    with pytest.raises(click.ClickException, match="/dev/null must be a regular file"):
        export_file.target(Path("/dev/null"))


def test_symlink_target_is_written(shop: Shop) -> None:
    shop.place()
    (shop.here / "folder").mkdir()
    (shop.here / "folder" / "old.csv").write_text("of yesterday")
    (shop.here / "link.csv").symlink_to("folder/old.csv")
    (shop.here / "new.csv").symlink_to("folder/new.csv")

    assert [shop.run("export", name).returncode for name in ("link.csv", "new.csv")] == [0, 0]

    assert (shop.here / "link.csv").is_symlink()
    assert len(as_csv(shop, "folder/old.csv")) == len(as_csv(shop, "folder/new.csv")) == 1
    assert not list(shop.here.glob("**/*.part*"))


def test_symlink_loop_is_an_error(shop: Shop) -> None:
    (shop.here / "loop.csv").symlink_to("loop.csv")

    assert_error_line(shop.run("export", "loop.csv"), "loop.csv")


def test_missing_database_leaves_no_file(tmp_path: Path) -> None:
    ended = orders("export", "orders.csv", here=tmp_path)

    assert ended.returncode == 1
    assert "store" in ended.stderr
    assert not (tmp_path / "orders.csv").exists()


def test_unfinished_export_needs_resume(shop: Shop) -> None:
    (shop.here / "orders.csv.part").write_text("begun")

    assert_error_line(shop.run("export", "orders.csv"), "orders.csv.part", "--resume")
    assert (shop.here / "orders.csv.part").read_text() == "begun"


FILTERS = ["--user", "ann", "--status", "paid", "--status", "shipped", "--from", "2026-01-01", "--until", "2026-12-31"]


@pytest.mark.parametrize(
    ("begun", "again", "other"),
    [
        (["--user", "ann"], ["--user", "bob"], "--user"),
        (["--user", "ann"], [], "--user"),
        ([], FILTERS, "--user, --status, --from, --until"),
        (["--status", "paid"], ["--status", "paid", "--status", "shipped"], "--status"),
        (["--from", "2026-01-01"], ["--from", "2026-01-02"], "--from"),
        (["--until", "2026-01-01"], ["--until", "2026-01-01T00:00:00Z"], "--until"),
        ([], ["--view", "items"], "--view"),
        (["--format", "jsonl"], ["--view", "items"], "--format, --view"),
    ],
)
def test_resume_with_other_options_is_rejected(shop: Shop, begun: list[str], again: list[str], other: str) -> None:
    shop.place(2)
    part = unfinished(shop, "orders.csv", *begun)
    shop.run("export", "all", "--format", "csv", *begun)
    part.write_bytes((shop.here / "all").read_bytes())

    refused = shop.run("export", "orders.csv", "--resume", *again)

    assert_error_line(refused, f"orders.csv.part was started with a different {other}:")
    assert part.read_bytes() == (shop.here / "all").read_bytes()
    assert not (shop.here / "orders.csv").exists()


def test_resume_accepts_equivalent_options(shop: Shop) -> None:
    unfinished(shop, "orders.csv", *FILTERS)
    words = ["--until", "2026-12-31", "--from", "2026-01-01T01:00:00+01:00", "--status", "SHIPPED", "--status", "PAID"]

    ended = shop.run("export", "orders.csv", "--resume", "--user", "ann", "--format", "csv", "--view", "orders", *words)

    assert ended.returncode == 0, ended
    assert [file.name for file in shop.here.glob("orders.csv*")] == ["orders.csv"]


def test_resume_without_options_file_is_rejected(shop: Shop) -> None:
    (shop.here / "orders.csv.part").write_text("begun")

    assert_error_line(shop.run("export", "orders.csv", "--resume"), "The options of orders.csv.part cannot be read")


def test_resume_of_foreign_file_is_rejected(shop: Shop) -> None:
    unfinished(shop, "orders.csv").write_text("begun")

    assert_error_line(shop.run("export", "orders.csv", "--resume"), "orders.csv.part", "delete it")


def test_concurrent_exports_are_locked(shop: Shop) -> None:
    with (shop.here / "orders.csv.part").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)

        assert_error_line(shop.run("export", "orders.csv", "--resume"), "another export")


@pytest.mark.parametrize("content", [b"[]", b"", b"{", b"\xff"])
def test_invalid_options_file_is_an_error(shop: Shop, content: bytes) -> None:
    shop.place()
    part = unfinished(shop, "orders.csv")
    part.with_name("orders.csv.part.options").write_bytes(content)

    assert_error_line(shop.run("export", "orders.csv", "--resume"), "cannot be read")


def test_unreadable_options_file_is_an_error(shop: Shop) -> None:
    shop.place()
    options = unfinished(shop, "orders.csv").with_name("orders.csv.part.options")
    options.unlink()
    options.mkdir()

    assert_error_line(shop.run("export", "orders.csv", "--resume"), "orders.csv.part.options", "directory")


@pytest.mark.parametrize("when", ["writing", "finishing"])
def test_full_disk_error_says_how_to_resume(shop: Shop, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    def onto_a_full_disk(path: Path, header: bytes, _: object) -> tuple[BinaryIO, export_file.ResumePoint]:
        file = Path("/dev/full").open("wb")  # noqa: SIM115
        file.write(header)
        return file, export_file.ResumePoint(len(header), None, 0)

    shop.place(1 if when == "writing" else 0)
    monkeypatch.setattr(export_file, "start", onto_a_full_disk)

    ended = shop.run("export", "orders.csv")

    assert_error_line(replace(ended, stderr=ended.stderr.splitlines()[-1]), "No space left", "resume with --resume")
    assert not (shop.here / "orders.csv").exists()


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("view", ["orders", "items"])
def test_resume_from_any_byte_gives_equal_file(shop: Shop, form: str, view: str) -> None:
    for number in range(12):
        shop.order_products(f"Tea {number}", f"Cup {number}", f"=Pot {number}", city='"A"\r\n, "B', by='=a"b\nc')
    shop.place(3)
    name = f"all.{form}"
    shop.run("export", name, "--view", view)
    complete = (shop.here / name).read_bytes()
    chance = random.Random(34)
    options = unfinished(shop, name, "--view", view).with_name(f"{name}.part.options")
    recorded = options.read_bytes()
    ends = [0, 1, len(complete) - 1, len(complete), *(chance.randrange(len(complete)) for _ in range(effort(3, 40)))]

    for begun in [*(complete[:end] for end in ends), complete + b"half a line of an order that is no longer there"]:
        (shop.here / f"{name}.part").write_bytes(begun)
        options.write_bytes(recorded)
        ended = shop.run("export", name, "--view", view, "--resume")
        assert (ended.returncode, ended.stderr) == (0, "15 orders.\n"), (begun[-99:], ended)
        assert (shop.here / name).read_bytes() == complete, begun[-99:]


def test_resume_without_part_file_starts_anew(shop: Shop) -> None:
    shop.place(2)

    assert shop.run("export", "orders.csv", "--resume").returncode == 0
    assert len(as_csv(shop, "orders.csv")) == 2


def test_resume_of_finished_export_is_rejected(shop: Shop) -> None:
    (shop.here / "orders.csv").write_text("of yesterday")

    assert_error_line(shop.run("export", "orders.csv", "--resume"), "orders.csv.part", "omit --resume")
    assert (shop.here / "orders.csv").read_text() == "of yesterday"


@pytest.mark.clause("002-34")
@pytest.mark.parametrize(
    ("number", "arguments"),
    [
        (signal.SIGINT, ["o.csv"]),
        (signal.SIGKILL, ["o.jsonl", "--view", "items"]),
        pytest.param(signal.SIGTERM, ["o.csv"], marks=pytest.mark.deep),
        pytest.param(signal.SIGKILL, ["o.csv"], marks=pytest.mark.deep),
        pytest.param(signal.SIGINT, ["o.jsonl", "--view", "items"], marks=pytest.mark.deep),
        pytest.param(signal.SIGTERM, ["o.jsonl", "--view", "items"], marks=pytest.mark.deep),
    ],
)
def test_interrupted_export_resumes_to_equal_file(shop: Shop, number: signal.Signals, arguments: list[str]) -> None:
    shop.place()
    copies = f"WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})"
    columns = "origin, user_id, items, lines, total_minor, currency, status, version, created_at, updated_at"
    shop.rows(f"INSERT INTO orders (id, number, {columns}) {copies} "
              f"SELECT printf('%032x', i), i, {columns} FROM n, orders WHERE number = 1")  # fmt: skip
    name = arguments[0]
    part = shop.here / f"{name}.part"

    ended = interrupted(
        "export",
        *arguments,
        here=shop.here,
        when=lambda: part.exists() and part.stat().st_size > MANY * 25,
        number=number,
    )
    begun = part.stat().st_size
    resumed = shop.run("export", *arguments, "--resume")
    shop.run("export", f"whole-{name}", *arguments[1:])

    assert ended.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 130), ended
    assert "Traceback" not in ended.stderr
    assert (resumed.returncode, resumed.stderr) == (0, f"{MANY:,} orders.\n")
    complete = (shop.here / f"whole-{name}").read_bytes()
    assert 0 < begun < len(complete)
    assert (shop.here / name).read_bytes() == complete
    assert complete.count(b"\n") == MANY + name.endswith(".csv")


@pytest.mark.parametrize("orders", [0, 1])
def test_full_disk_behind_stdout_is_an_error(shop: Shop, orders: int) -> None:
    shop.place(orders)

    ended = shop.run_onto_a_full_disk("export", "-", "--format", "csv")

    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == "Error: Standard output cannot be written: No space left on device."
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


def test_surrogate_in_user_is_a_usage_error(shop: Shop) -> None:
    ended = shop.run("export", "orders.csv", "--user", "\udcff")

    assert ended.returncode == 2
    assert "--user must not contain half of a surrogate pair." in ended.stderr
    assert list(shop.here.glob("orders.csv*")) == []
