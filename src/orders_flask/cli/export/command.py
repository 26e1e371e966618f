"""orders export"""

import errno
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import click

from orders_domain.errors import OrdersError
from orders_domain.model.json_values import text_error
from orders_domain.model.order_filter import Cursor, OrderFilter, Page
from orders_domain.model.timestamps import TimeRange, parse_time_range
from orders_domain.use_cases import ExportOrders
from orders_flask import settings
from orders_flask.bootstrap.container import Container
from orders_flask.cli._formats import detect_format, format_option
from orders_flask.cli._statuses import STATUSES
from orders_flask.cli._streaming import INTERRUPTED, GracefulInterrupt, cli_actor, detach_stdout
from orders_flask.cli.export import file as export_file
from orders_flask.cli.export import rows
from orders_flask.cli.export.options import Options
from orders_flask.cli.export.rows import VIEWS, View


class Period(click.ParamType[TimeRange]):
    """An ISO date or datetime."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> TimeRange:
        try:
            return parse_time_range(value)
        except ValueError:
            self.fail(f"{value!r} is not an ISO 8601 date or datetime.", param, context)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, writable=True, allow_dash=True))
@format_option
@click.option("--view", type=click.Choice(list(VIEWS)), default="orders", show_default=True, help="A row for each.")
@click.option("--status", "statuses", type=click.Choice(list(STATUSES), case_sensitive=False), multiple=True)
@click.option("--user", help="Orders of this user only.")
@click.option("--from", "since", type=Period(), help="An ISO date or datetime; UTC, unless it says otherwise.")
@click.option("--until", type=Period(), help="Likewise; a date includes that day.")
@click.option(
    "--resume", is_flag=True, help="Go on with an interrupted export, or begin one; give the same options again."
)
def export(
    file: str,
    form: str | None,
    view: str,
    statuses: Sequence[str],
    user: str | None,
    since: TimeRange | None,
    until: TimeRange | None,
    resume: bool,
) -> None:
    """Write orders to FILE, newest first, as CSV or JSON Lines.

    FILE is - for standard output.

    FILE appears when it is complete; until then FILE.part grows, 1,000 orders at a time. After Ctrl-C, or worse,
    --resume goes on behind the last order that is whole, and FILE becomes what it would have been; FILE.part.options
    has the options that it was begun with, and with others nothing is gone on with.

    In CSV, text that begins with = + - @ or a tab gets an apostrophe before it: a spreadsheet would take it for a
    formula, and anybody can have such a name. JSON Lines have all text as it is. Amounts are in major units.

    \b
    Examples:
      orders export orders.csv --from 2026-01-01 --until 2026-12-31
      orders export - --format jsonl --view items --status shipped | gzip > items.jsonl.gz
    """
    if resume and file == "-":
        raise click.UsageError("Standard output cannot be resumed.")
    if since and until and since.start >= until.end:
        raise click.UsageError("--from is after --until.")
    if user and (flaw := text_error(user)):
        raise click.UsageError(f"--user {flaw}.")
    wanted = OrderFilter(
        user_id=user,
        statuses=frozenset(STATUSES[word] for word in statuses) or None,
        placed_from=since.start if since else None,
        placed_before=until.end if until else None,
    )
    form = detect_format(file, form)
    pages_of = partial(_pages, Container(settings=settings.load()), wanted)
    if file == "-":
        _to_stdout(pages_of, form, VIEWS[view])
    else:
        options = {"--format": form, "--view": view, **_options(wanted)}
        _to_file(export_file.target(Path(file)), pages_of, form, VIEWS[view], options, resume)


def _options(wanted: OrderFilter) -> Options:
    """The filters, by the options they come from; in one way, however they were written."""
    return {
        "--user": wanted.user_id,
        "--status": sorted(status.value for status in wanted.statuses or ()),
        "--from": wanted.placed_from.isoformat() if wanted.placed_from else None,
        "--until": wanted.placed_before.isoformat() if wanted.placed_before else None,
    }


PagesAfter = Callable[[Cursor | None], Iterable[Page]]


def _pages(container: Container, wanted: OrderFilter, after: Cursor | None) -> Iterable[Page]:
    return container.export_orders(ExportOrders(actor=cli_actor(), order_filter=replace(wanted, cursor=after)))


def _to_stdout(pages_of: PagesAfter, form: str, view: View) -> None:
    try:
        with GracefulInterrupt() as interrupt:
            sys.stdout.buffer.write(_header(form, view))
            _write(sys.stdout.buffer, interrupt.until(pages_of(None)), form, view, Progress())
            sys.stdout.flush()
    except OSError as error:
        if error.errno == errno.EPIPE:  # whoever read it has what they wanted
            raise
        detach_stdout()
        raise click.ClickException(f"Standard output cannot be written: {error.strerror}.") from error
    sys.exit(INTERRUPTED if interrupt.received else 0)


def _to_file(path: Path, pages_of: PagesAfter, form: str, view: View, options: Options, resume: bool) -> None:
    header = _header(form, view)
    file, begun = (
        export_file.resume(path, header, view.columns, options) if resume else export_file.start(path, header, options)
    )
    try:
        with GracefulInterrupt() as interrupt:
            complete = _write(file, interrupt.until(pages_of(begun.cursor)), form, view, Progress(begun.orders))
        if complete:
            export_file.finish(path, file)
    except (OrdersError, OSError) as error:
        why = str(error).rstrip(".")
        raise click.ClickException(f"{why}. {file.name} has what was written; --resume goes on.") from error
    finally:
        with suppress(OSError):  # what could not be written cannot be written now
            file.close()
    if not complete:
        click.echo(f"Interrupted: {file.name} has what was written; --resume goes on.", err=True)
        sys.exit(INTERRUPTED)


@dataclass
class Progress:
    """How far the export is: so many orders are in the file."""

    orders: int = 0

    def __str__(self) -> str:
        return f"{self.orders:,} orders"


def _write(file: BinaryIO, pages: Iterable[Page], form: str, view: View, written: Progress) -> bool:
    """Write the pages as they come; say whether the last one was among them."""
    encode = rows.csv_bytes if form == "csv" else rows.json_bytes
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
            file.write(encode(chain.from_iterable(map(view.rows, page.orders)), view.columns))
            file.flush()
            written.orders += len(page.orders)
    click.echo(f"{written}.", err=True)
    return page is not None and page.next_cursor is None


def _header(form: str, view: View) -> bytes:
    return rows.header_bytes(view.columns) if form == "csv" else b""
