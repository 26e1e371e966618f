"""Product files: lines before those that an interrupted import goes on with, and headers of many columns."""

from __future__ import annotations

from io import BytesIO

import pytest

from orders_domain.errors import UnreadableFile
from orders_domain.use_cases.catalog.import_products import ImportRow
from orders_flask.files import product_rows
from orders_flask.files.lines import NumberedLines

HEADER = "sku,name,price,stock_quantity"
LINES = (
    HEADER,
    "A,Tea,1,1",
    'B,"Tea, green",1,1',
    'C,"Tea',
    '",1,1',
    "D,Tea,1",
    "",
    'E,"Tea',
    "F,Tea,1,1",
    '"x",Tea,1,1',
)


def rows(text: str, *, first: int = 1) -> list[ImportRow]:
    return list(product_rows.csv_rows(NumberedLines(BytesIO(text.encode())), currency="EUR", first=first))


@pytest.mark.parametrize("first", range(1, len(LINES) + 2))
def test_rows_from_a_line_on_are_those_of_the_file(first: int) -> None:
    text = "\n".join(LINES)

    assert rows(text, first=first) == [row for row in rows(text) if row.line >= first]


def test_earlier_lines_without_quotes_are_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    cells = product_rows._cells

    def counted(line: str, delimiter: str) -> list[str]:
        parsed.append(line)
        return cells(line, delimiter)

    monkeypatch.setattr(product_rows, "_cells", counted)
    text = "\n".join((HEADER, *(f"A-{number},Tea,1,1" for number in range(100)), "B,Tea,1,1"))

    found = rows(text, first=102)

    assert [row.line for row in found] == [102]
    assert parsed == [f"{HEADER}\n", "B,Tea,1,1"]


def test_header_of_many_repeated_columns_is_refused_shortly() -> None:
    with pytest.raises(UnreadableFile) as refused:
        rows(HEADER + ",sku" * 200_000)

    assert str(refused.value) == "Unknown or duplicate columns: sku."


def test_error_names_few_of_many_unknown_columns() -> None:
    with pytest.raises(UnreadableFile) as refused:
        rows(HEADER + "".join(f",column-{number}{'x' * 100}" for number in range(1_000)))

    assert len(str(refused.value)) < 1_000
