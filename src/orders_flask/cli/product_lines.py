"""Products as lines of a file: CSV with a header, or JSON Lines."""

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import click

from orders_domain.errors import Refused
from orders_domain.money import Money
from orders_domain.product import DEFAULT_THRESHOLD, NewProduct
from orders_domain.text import flaw_in_text
from orders_domain.use_cases.import_products import Row
from orders_domain.use_cases.put_products import Stated
from orders_flask.cli.long import Lines

NEEDED = ("sku", "name", "price", "stock_quantity")
OPTIONAL = ("currency", "low_stock_threshold")
_PRICE = re.compile(r"[0-9]{1,16}(\.[0-9]{1,4})?", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,13}", re.ASCII)


def csv_rows(lines: Lines, *, currency: str, first: int) -> Iterator[Row]:
    """Yield the products from the line ``first`` on; a record may have line breaks in quotes and counts as its first.

    Raises:
        ClickException: the header is not ours.
    """
    reader = csv.reader(iter(lines), strict=True)
    header = _header(reader)
    while True:
        begins = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            cells, values = [str(error)], _refusing(f"not CSV: {error}")
        else:
            values = _cells_by_name(header, cells)
        if cells and begins >= first:
            yield _row(begins, values, currency)


def json_rows(lines: Lines, *, currency: str, first: int) -> Iterator[Row]:
    """Yield the products from the line ``first`` on, one JSON object a line."""
    for line in lines:
        if line.strip() and lines.number >= first:
            yield _row(lines.number, _json_object(line), currency)


Values = Callable[[], Mapping[str, Any]]
"""What a line says, by column; raises Refused where it says nothing that we understand."""


def _refusing(sentence: str) -> Values:
    def refuse() -> Mapping[str, Any]:
        raise Refused(sentence)

    return refuse


def _header(reader: Any) -> list[str]:
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise click.ClickException(f"The header is not CSV: {error}.") from error
    if missing := [name for name in NEEDED if name not in header]:
        raise click.ClickException(f"The header lacks: {', '.join(missing)}.")
    if unknown := [name for name in header if name not in NEEDED + OPTIONAL or header.count(name) > 1]:
        raise click.ClickException(f"The header has what it should not, or has it twice: {', '.join(unknown)}.")
    return header


def _cells_by_name(header: list[str], cells: list[str]) -> Values:
    if len(cells) != len(header):
        return _refusing(f"{len(cells)} cells where the header has {len(header)}")
    return lambda: {name: cell for name, cell in zip(header, cells, strict=True) if cell}


def _json_object(line: str) -> Values:
    def read() -> Mapping[str, Any]:
        try:
            values = json.loads(line, parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            raise Refused("not JSON") from error
        if not isinstance(values, dict):
            raise Refused("not a JSON object")
        if unknown := values.keys() - {*NEEDED, *OPTIONAL}:
            raise Refused(f"has what it should not: {', '.join(sorted(unknown))}")
        return {name: value for name, value in values.items() if value is not None}

    return read


def _row(line: int, values: Values, currency: str) -> Row:
    try:
        return Row(line=line, stated=_stated(values(), currency))
    except Refused as error:
        sentence = str(error).rstrip(".")
        return Row(line=line, reason=f"{error.field}: {sentence}" if error.field else sentence)


def _stated(values: Mapping[str, Any], currency: str) -> Stated:
    if missing := [name for name in NEEDED if name not in values]:
        raise Refused(f"lacks {', '.join(missing)}")
    if any(isinstance(value, str) and flaw_in_text(value) for value in values.values()):
        raise Refused("has text that is not UTF-8, or a NUL")
    product = NewProduct(
        sku=values["sku"],
        name=values["name"],
        price=_price(values["price"], values.get("currency", currency)),
        stock=_count(values["stock_quantity"]),
        low_stock_threshold=_count(values.get("low_stock_threshold", DEFAULT_THRESHOLD)),
    )
    return Stated(product=product, threshold_stated="low_stock_threshold" in values)


def _price(value: Any, currency: Any) -> Money:
    if isinstance(value, str):
        if not _PRICE.fullmatch(value.strip()):
            raise Refused("not an amount", field="price")
        value = Decimal(value.strip())
    if not isinstance(currency, str):
        raise Refused("not an ISO 4217 code", field="currency")
    try:
        return Money.of(value, currency)
    except Refused as error:
        raise Refused(str(error), field=error.field or "price") from error


def _count(value: Any) -> Any:
    """A number in text as the number; anything else is for the product to judge."""
    return int(value) if isinstance(value, str) and _COUNT.fullmatch(value.strip()) else value
