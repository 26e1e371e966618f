"""Parsers of product files: CSV with a header, as Excel saves it in any locale, or JSON Lines."""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from orders_domain.errors import InvalidValue, UnreadableFile
from orders_domain.model.product import DEFAULT_THRESHOLD, NewProduct
from orders_domain.model.values.json_values import text_error
from orders_domain.model.values.money import Money
from orders_domain.model.values.typed_text import trim
from orders_domain.use_cases.catalog.import_products import ImportRow
from orders_domain.use_cases.catalog.upsert_products import ProductUpsert
from orders_flask.files.csv_cells import unescape
from orders_flask.files.lines import NumberedLines, printable

REQUIRED = ("sku", "name", "price", "stock_quantity")
OPTIONAL = ("currency", "low_stock_threshold")
_COLUMNS = {"stock": "stock_quantity"}
"""The columns by the domain's field; other columns are named like the field."""
MAX_TEXT = 1_000  # characters of a rejected line that its row has
MAX_NAMED, MAX_NAMED_LENGTH = 10, 64
"""The unknown columns that an error names, and the characters of each."""
_DELIMITERS = ",;\t"
_SEPARATOR_LINE = re.compile(f'"?sep=([{_DELIMITERS}|])"?', re.IGNORECASE)
_PRICE = re.compile(r"[0-9]{1,16}(\.[0-9]{1,4})?", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,13}", re.ASCII)


def csv_rows(lines: NumberedLines, *, currency: str, first: int) -> Iterator[ImportRow]:
    """Yield one row per line, from the line ``first`` on.

    A line with an unclosed quote is rejected. The next line that may close the quote is rejected, too, because it may
    be the rest of that product.

    Raises:
        UnreadableFile: the header is invalid.
    """
    delimiter, header = _header(lines)
    left_open = False
    for line in lines:
        if lines.number < first and '"' not in line:  # a line without a quote opens and closes none
            continue
        try:
            cells = _cells(line, delimiter)
        except csv.Error as error:
            cells, values = [line], _rejected(f"must be CSV: {error}")
            left_open = left_open or str(error) == _OPEN
        else:
            values = _cells_by_name(header, cells, decimal_comma=delimiter != ",")
            if left_open and line.count('"') % 2:
                values, left_open = _rejected(f"must be CSV: {_CLOSING}"), False
        if cells and lines.number >= first:
            yield _row(lines.number, values, currency, line)


def _cells(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line, or an empty list for a blank line.

    Raises:
        csv.Error: the line is not CSV, or not a complete record.
    """
    try:
        return next(csv.reader([line], strict=True, delimiter=delimiter), [])
    except csv.Error as error:
        raise csv.Error(_OPEN if str(error) == "unexpected end of data" else str(error)) from None


def json_rows(lines: NumberedLines, *, currency: str, first: int) -> Iterator[ImportRow]:
    """Yield one row per line (a JSON object), from the line ``first`` on."""
    for line in lines:
        if line.strip() and lines.number >= first:
            yield _row(lines.number, _json_object(line), currency, line)


READERS = {"csv": csv_rows, "jsonl": json_rows}
"""The parser of each format."""


_OPEN = "a quote is not closed; a product must be one line, without line breaks in its cells"
_CLOSING = "a quote may belong to an earlier line; a product must be one line, without line breaks in its cells"

Values = Callable[[], Mapping[str, Any]]
"""The values of a line, by column; raises InvalidValue if the line cannot be parsed."""


def _rejected(reason: str) -> Values:
    def reject() -> Mapping[str, Any]:
        raise InvalidValue(reason)

    return reject


def _header(lines: NumberedLines) -> tuple[str, list[str]]:
    """Return the separator and the columns, from the first line, or the second after Excel's ``sep=``.

    Raises:
        UnreadableFile: the file is not text, or the header is not that of products.
    """
    line = next(iter(lines), "")
    if "\0" in line:
        raise UnreadableFile("The file must be text: CSV in UTF-8, or in UTF-16 with a byte order mark.")
    if declared := _SEPARATOR_LINE.fullmatch(line.rstrip()):
        line = next(iter(lines), "")
    delimiter = declared[1] if declared else _delimiter(line)
    try:
        header = [_column(name) for name in _cells(line, delimiter)]
    except csv.Error as error:
        raise UnreadableFile(f"The header must be CSV, and lines must end with LF or CRLF: {error}.") from error
    if missing := [name for name in REQUIRED if name not in header]:
        raise UnreadableFile(f"Missing columns: {', '.join(missing)}; the first line must name the columns.")
    if len(header) > len(set(header).intersection(REQUIRED + OPTIONAL)):
        unknown = [name for name, count in Counter(header).items() if count > 1 or name not in REQUIRED + OPTIONAL]
        named = ", ".join(printable(name[:MAX_NAMED_LENGTH]) for name in unknown[:MAX_NAMED])
        raise UnreadableFile(f"Unknown or duplicate columns: {named}.")
    return delimiter, header


def _delimiter(header: str) -> str:
    """Return the separator that occurs most often in the header: a comma, or that of other locales."""
    return max(_DELIMITERS, key=header.count)


def _column(name: str) -> str:
    """Return the name of a column as a person may have typed it: ``Stock Quantity``."""
    return re.sub(r"[\s_-]+", "_", trim(name).lower())


def _cells_by_name(header: list[str], cells: list[str], *, decimal_comma: bool) -> Values:
    if len(cells) != len(header):
        return _rejected(f"must have {len(header)} cells, like the header; it has {len(cells)}")

    def read() -> Mapping[str, Any]:
        values = {name: unescape(cell) for name, cell in zip(header, cells, strict=True) if cell}
        if decimal_comma and "price" in values and "." not in values["price"]:
            values["price"] = values["price"].replace(",", ".")
        return values

    return read


def _json_object(line: str) -> Values:
    def read() -> Mapping[str, Any]:
        try:
            values = json.loads(line, parse_float=Decimal)
        except (ValueError, RecursionError, ArithmeticError) as error:  # no JSON, or too deep, or too large an exponent
            raise InvalidValue("must be JSON") from error
        if not isinstance(values, dict):
            raise InvalidValue("must be a JSON object")
        if unknown := values.keys() - {*REQUIRED, *OPTIONAL}:
            named = ", ".join(printable(name[:MAX_NAMED_LENGTH]) for name in sorted(unknown)[:MAX_NAMED])
            raise InvalidValue(f"unknown members: {named}")
        return {name: value for name, value in values.items() if value is not None}

    return read


def _row(line: int, values: Values, currency: str, text: str) -> ImportRow:
    try:
        return ImportRow(line=line, upsert=_upsert(values(), currency))
    except InvalidValue as invalid:
        error = invalid.renamed(_COLUMNS)
        sentence = str(error).rstrip(".")
        reason = f"{error.field}: {sentence}" if error.field else sentence
        return ImportRow(line=line, reason=reason, text=text.rstrip("\r\n")[:MAX_TEXT])


def _upsert(values: Mapping[str, Any], currency: str) -> ProductUpsert:
    if missing := [name for name in REQUIRED if name not in values]:
        raise InvalidValue(f"missing: {', '.join(missing)}")
    if any(isinstance(value, str) and text_error(value) for value in values.values()):
        raise InvalidValue("text must be UTF-8 without NUL characters")
    product = NewProduct(
        sku=values["sku"],
        name=values["name"],
        price=_price(values["price"], values.get("currency", currency)),
        stock=_count(values["stock_quantity"]),
        low_stock_threshold=_count(values.get("low_stock_threshold", DEFAULT_THRESHOLD)),
    )
    return ProductUpsert(product=product, threshold_given="low_stock_threshold" in values)


def _price(value: Any, currency: Any) -> Money:
    if isinstance(value, str):
        if not _PRICE.fullmatch(trim(value)):
            raise InvalidValue("must be an amount with at most 16 digits and 4 decimals", field="price")
        value = Decimal(trim(value))
    if not isinstance(currency, str):
        raise InvalidValue("must be an ISO 4217 code", field="currency")
    return Money.of(value, currency, field="price")


def _count(value: Any) -> Any:
    """Convert a numeric string to int; ``NewProduct`` validates any other value."""
    return int(value) if isinstance(value, str) and _COUNT.fullmatch(trim(value)) else value
