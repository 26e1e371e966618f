"""The ``orders export`` command."""

import errno
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import click

from orders_domain.errors import OrdersError
from orders_domain.model.order_filter import Cursor, OrderFilter
from orders_domain.model.values.json_values import text_error
from orders_domain.model.values.timestamps import TimeRange, parse_time_range
from orders_domain.use_cases import ExportOrders
from orders_domain.use_cases.orders.export_orders import ExportPage
from orders_flask import settings
from orders_flask.bootstrap.container import Container
from orders_flask.cli._error_text import error_text
from orders_flask.cli._formats import detect_format, format_option
from orders_flask.cli._statuses import STATUSES
from orders_flask.cli._streaming import INTERRUPTED, GracefulInterrupt, cli_actor, detach_stdout
from orders_flask.cli.export import file as export_file
from orders_flask.cli.export.options import Options
from orders_flask.files import order_rows
from orders_flask.files.order_rows import VIEWS, View


class Period(click.ParamType[TimeRange]):
    """An ISO date or datetime."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> TimeRange:
        try:
            return parse_time_range(value)
        except ValueError:
            self.fail(f"{value!r} must be an ISO 8601 date or datetime.", param, context)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, writable=True, allow_dash=True))
@format_option
@click.option(
    "--view", type=click.Choice(list(VIEWS)), default="orders", show_default=True, help="One row per order or item."
)
@click.option(
    "--status",
    "statuses",
    type=click.Choice(list(STATUSES), case_sensitive=False),
    multiple=True,
    help="Only orders with this status; repeatable.",
)
@click.option("--user", help="Only orders of this user.")
@click.option("--from", "since", type=Period(), help="Earliest ISO 8601 date or datetime; UTC if it has no offset.")
@click.option("--until", type=Period(), help="Latest ISO 8601 date (inclusive) or datetime.")
@click.option("--bom", is_flag=True, help="Begin a CSV file with a byte order mark, by which Excel recognizes UTF-8.")
@click.option("--resume", is_flag=True, help="Resume an interrupted export with the same options, or start a new one.")
def export(
    file: str,
    form: str | None,
    view: str,
    statuses: Sequence[str],
    user: str | None,
    since: TimeRange | None,
    until: TimeRange | None,
    bom: bool,
    resume: bool,
) -> None:
    """Write orders to FILE, newest first, as CSV or JSON Lines.

    FILE is - for standard output.

    Rows are written to FILE.part, 1,000 orders at a time; a complete export is renamed to FILE. After Ctrl-C or a
    crash, --resume continues after the last complete order. FILE.part.options records the options; resuming with
    different ones is refused.

    In CSV, an apostrophe precedes text in which a spreadsheet of any locale would find a formula: = + - @, also in
    full width, at the beginning or after a separator. In JSON Lines, text is unchanged. Amounts are in major units.

    The file is readable by its owner only.

    \b
    Examples:
      orders export orders.csv --from 2026-01-01 --until 2026-12-31
      orders export orders.csv --bom
      orders export - --format jsonl --view items --status shipped | gzip > items.jsonl.gz
    """
    if resume and file == "-":
        raise click.UsageError("Standard output cannot be resumed.")
    if since and until and since.start >= until.end:
        raise click.UsageError("--from must be before --until.")
    if user and (error := text_error(user)):
        raise click.UsageError(f"--user {error}.")
    order_filter = OrderFilter(
        user_id=user,
        statuses=frozenset(STATUSES[word] for word in statuses) or None,
        placed_from=since.start if since else None,
        placed_before=until.end if until else None,
    )
    form = detect_format(file, form)
    if bom and form != "csv":
        raise click.UsageError("--bom must be used with CSV only; JSON has no byte order mark.")
    header = order_rows.header(form, VIEWS[view], with_bom=bom)
    pages_of = partial(_pages, Container(settings=settings.load()), order_filter, VIEWS[view].needs_items)
    if file == "-":
        _to_stdout(pages_of, form, VIEWS[view], header)
    else:
        options = {"--format": form, "--view": view, "--bom": "on" if bom else None, **_options(order_filter)}
        _to_file(export_file.target(Path(file)), pages_of, form, VIEWS[view], header, options, resume)


def _options(order_filter: OrderFilter) -> Options:
    """Return the filter's values by option name, in a normalized notation."""
    return {
        "--user": order_filter.user_id,
        "--status": sorted(status.value for status in order_filter.statuses or ()),
        "--from": order_filter.placed_from.isoformat() if order_filter.placed_from else None,
        "--until": order_filter.placed_before.isoformat() if order_filter.placed_before else None,
    }


PagesAfter = Callable[[Cursor | None], Iterable[ExportPage]]


def _pages(
    container: Container, order_filter: OrderFilter, with_items: bool, after: Cursor | None
) -> Iterable[ExportPage]:
    order_filter = replace(order_filter, cursor=after)
    return container.export_orders(ExportOrders(actor=cli_actor(), order_filter=order_filter, with_items=with_items))


def _to_stdout(pages_of: PagesAfter, form: str, view: View, header: bytes) -> None:
    try:
        with GracefulInterrupt() as interrupt:
            sys.stdout.buffer.write(header)
            _write(sys.stdout.buffer, interrupt.until(pages_of(None)), form, view, Progress())
            sys.stdout.flush()
    except OSError as error:
        if error.errno == errno.EPIPE:  # the reader closed the pipe, which is no failure of the export
            raise
        detach_stdout()
        raise click.ClickException(f"Standard output cannot be written: {error.strerror}.") from error
    sys.exit(INTERRUPTED if interrupt.received else 0)


def _to_file(
    path: Path, pages_of: PagesAfter, form: str, view: View, header: bytes, options: Options, resume: bool
) -> None:
    file, begun = (
        export_file.resume(path, header, view.columns, options) if resume else export_file.start(path, header, options)
    )
    try:
        with GracefulInterrupt() as interrupt:
            complete = _write(file, interrupt.until(pages_of(begun.cursor)), form, view, Progress(begun.orders))
        if complete:
            export_file.finish(path, file)
    except (OrdersError, OSError) as error:
        reason = error_text(error).rstrip(".")
        raise click.ClickException(f"{reason}. Rows so far are in {file.name}; resume with --resume.") from error
    finally:
        with suppress(OSError):  # closing flushes again, and fails again after a failed write
            file.close()
    if not complete:
        click.echo(f"Interrupted. Rows so far are in {file.name}; resume with --resume.", err=True)
        sys.exit(INTERRUPTED)


@dataclass
class Progress:
    """The number of orders written so far."""

    orders: int = 0

    def __str__(self) -> str:
        return f"{self.orders:,} orders"


def _write(file: BinaryIO, pages: Iterable[ExportPage], form: str, view: View, written: Progress) -> bool:
    """Write the pages as they arrive; return whether the last page was written."""
    page = None
    bar = click.progressbar(
        pages,
        label="Exporting",
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
        item_show_func=lambda _: str(written),
    )
    with bar as shown:
        for page in shown:
            file.write(order_rows.encode(form, view, page.orders)[1])
            file.flush()
            written.orders += len(page.orders)
    click.echo(f"{written}.", err=True)
    return page is not None and page.next_cursor is None
