"""Files of jobs: the same rows as those of the commands."""

import csv
from collections.abc import Iterator, Sequence
from functools import partial
from io import BufferedReader, StringIO

import orjson

from orders_domain.model.jobs import ExportJob, FileFormat
from orders_domain.use_cases.background.run_file_job import FileRenderers, ReadProductsFn
from orders_domain.use_cases.catalog.import_products import ImportResult, ImportRow
from orders_domain.use_cases.orders.export_orders import ExportPage
from orders_flask.files import csv_cells, order_rows, product_rows
from orders_flask.files.lines import NumberedLines

REFUSED_COLUMNS = ("line", "reason", "text")


def read_products_in(currency: str) -> ReadProductsFn:
    """Return the reader of product files, whose prices are in this currency unless a line has another one."""
    return partial(_read_products, currency=currency)


def _read_products(file: BufferedReader, form: FileFormat, first: int, *, currency: str) -> Iterator[ImportRow]:
    return product_rows.READERS[form.value](NumberedLines(file), currency=currency, first=first)


def _header(job: ExportJob) -> bytes:
    return order_rows.header(job.file_format.value, order_rows.VIEWS[job.view], with_bom=job.with_bom)


def _needs_items(job: ExportJob) -> bool:
    return order_rows.VIEWS[job.view].needs_items


def _rows(job: ExportJob, page: ExportPage) -> tuple[int, bytes]:
    return order_rows.encode(job.file_format.value, order_rows.VIEWS[job.view], page.orders)


def _refused_header(form: FileFormat) -> bytes:
    return order_rows.header_bytes(REFUSED_COLUMNS) if form is FileFormat.CSV else b""


def _refused_lines(form: FileFormat, refused: Sequence[ImportResult]) -> bytes:
    """Return a row for each line; bytes of its text that are not UTF-8 are replaced."""
    rows = [(result.line, result.reason or "", _storable(result.text)) for result in refused]
    if form is FileFormat.JSON_LINES:
        members = (dict(zip(REFUSED_COLUMNS, row, strict=True)) for row in rows)
        return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in members)
    text = StringIO()
    csv.writer(text).writerows((line, csv_cells.escape(reason), csv_cells.escape(sent)) for line, reason, sent in rows)
    return text.getvalue().encode()


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


RENDERERS = FileRenderers(
    header=_header,
    needs_items=_needs_items,
    rows=_rows,
    refused_header=_refused_header,
    refused_lines=_refused_lines,
)
