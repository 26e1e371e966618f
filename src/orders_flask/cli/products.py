"""orders products: import, restock"""

import sys
from collections import Counter
from dataclasses import dataclass, field

import click

from orders_domain.errors import OrdersError
from orders_domain.model.product import parse_product_id
from orders_domain.use_cases import ImportProducts, RestockProduct
from orders_domain.use_cases.catalog.import_products import ImportResult
from orders_flask import settings
from orders_flask.bootstrap.container import Container
from orders_flask.cli._formats import detect_format, format_option
from orders_flask.cli._streaming import (
    INTERRUPTED,
    GracefulInterrupt,
    NumberedLines,
    cli_actor,
    detach_stdout,
    open_input,
    progress,
)
from orders_flask.cli.product_file import csv_rows, json_rows

_ROWS = {"csv": csv_rows, "jsonl": json_rows}


@click.group()
def products() -> None:
    """Look after the catalogue of products."""


@products.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@format_option
@click.option("--from-line", type=click.IntRange(min=1), default=1, help="Pass over the lines before; to go on.")
@click.option("--dry-run", is_flag=True, help="Say what each line would change as things are, and change nothing.")
def import_(file: str, form: str | None, from_line: int, dry_run: bool) -> None:
    """Add or change the products of FILE.

    A product whose sku the catalogue has is changed. FILE (- for standard input) is CSV with a header of sku, name,
    price, stock_quantity and perhaps currency and low_stock_threshold, in any order; or JSON Lines with these as
    members. A product is one line; only in JSON Lines has a name line breaks. Prices are
    of DEFAULT_CURRENCY where no currency is given; without a low_stock_threshold a product keeps the one it has.
    stock_quantity is the new stock, not what is added to it.

    A line that cannot be is reported with its number and passed over; the exit status is then 1. Products are kept
    500 at a time. Ctrl-C ends after those that were begun and says how to go on; importing a file twice does no harm.

    \b
    Examples:
      orders products import catalogue.csv
      zcat catalogue.jsonl.gz | orders products import - --format jsonl --dry-run
    """
    rows_of = _ROWS[detect_format(file, form)]
    read = settings.load()
    report = Report(next_line=from_line)
    with open_input(file) as (binary, size), progress(size, "Importing") as bar, GracefulInterrupt() as interrupt:
        lines = NumberedLines(binary)
        rows = interrupt.until(rows_of(lines, currency=read.default_currency, first=from_line))
        request = ImportProducts(actor=cli_actor(), rows=rows, dry_run=dry_run)
        try:
            for imported in Container(settings=read).import_products(request):
                report.add(imported)
                bar.update(lines.read - bar.pos)
        except (OrdersError, OSError) as error:
            if isinstance(error, OSError):
                detach_stdout()
            raise click.ClickException(f"{error} {report} {report.resume_hint}") from error
    if not interrupt.received:
        lines.ensure_reaches(from_line)
    click.echo(f"{report}{' Nothing was changed: a dry run.' if dry_run else ''}", err=True)
    if interrupt.received:
        click.echo(f"Interrupted. {report.resume_hint}", err=True)
        sys.exit(INTERRUPTED)
    sys.exit(1 if report.counts["refused"] else 0)


@products.command()
@click.argument("product")
@click.argument("quantity", type=int)
def restock(product: str, quantity: int) -> None:
    """Add QUANTITY pieces to the stock of PRODUCT.

    PRODUCT is the number of a product. What is ordered meanwhile is not lost, as it may be where somebody looks at the
    stock, counts on and states it anew.

    \b
    Example:
      orders products restock 17 40
    """
    container = Container(settings=settings.load())
    stocked = container.restock_product(
        RestockProduct(actor=cli_actor(), product_id=parse_product_id(product), quantity=quantity)
    )
    click.echo(f"{stocked.sku} ({stocked.name}): {stocked.stock:,} in stock.")


@dataclass(kw_only=True)
class Report:
    """What became of the lines so far, refused ones shown as they come."""

    next_line: int
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, imported: ImportResult) -> None:
        self.next_line = imported.line + 1
        self.counts[imported.outcome.value if imported.outcome else "refused"] += 1
        if imported.outcome is None:
            click.echo(f"line {imported.line}: {imported.reason}")

    def __str__(self) -> str:
        named = (f"{self.counts[what]:,} {what}" for what in ("added", "changed", "unchanged", "refused"))
        return f"Products: {', '.join(named)}."

    @property
    def resume_hint(self) -> str:
        return f"To go on: --from-line {self.next_line}"
