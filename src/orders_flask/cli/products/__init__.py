"""The ``orders products`` commands: import and restock."""

import sys
from collections import Counter
from dataclasses import dataclass, field

import click

from orders_domain.errors import OrdersError, UnreadableFile
from orders_domain.model.product import parse_product_id
from orders_domain.use_cases import ImportProducts, RestockProduct
from orders_domain.use_cases.catalog.import_products import BATCH, ImportResult
from orders_flask import settings
from orders_flask.bootstrap.container import Container
from orders_flask.cli._error_text import error_text
from orders_flask.cli._formats import detect_format, format_option
from orders_flask.cli._streaming import (
    INTERRUPTED,
    GracefulInterrupt,
    cli_actor,
    detach_stdout,
    ensure_reaches,
    open_input,
    prefetched,
    progress,
)
from orders_flask.cli.products.audit import ledger, product_history
from orders_flask.files.lines import NumberedLines
from orders_flask.files.product_rows import READERS


@click.group()
def products() -> None:
    """Manage the product catalogue."""


products.add_command(ledger)
products.add_command(product_history)


@products.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@format_option
@click.option("--from-line", type=click.IntRange(min=1), default=1, help="Skip earlier lines, to resume.")
@click.option("--dry-run", is_flag=True, help="Validate the file and report the outcome without changing anything.")
def import_(file: str, form: str | None, from_line: int, dry_run: bool) -> None:
    """Insert or update the products of FILE.

    A product is updated if the catalogue has its sku, otherwise it is inserted. FILE (- for standard input) is CSV or
    JSON Lines with one product a line. The columns (or members) are sku, name, price and stock_quantity, and
    optionally currency and low_stock_threshold, in any order. A CSV file needs a header, in capitals or not; only a
    name in JSON Lines may contain line breaks. Files that Excel saves are accepted: UTF-8 with or without a byte
    order mark, UTF-16, a line sep=;, and commas, semicolons or tabs between the cells. Unless commas are between the
    cells, a price may have a decimal comma. An apostrophe that orders export has put before a formula sign is
    removed. If currency is missing, it is DEFAULT_CURRENCY; if low_stock_threshold is missing, the product's
    threshold is unchanged. stock_quantity replaces the stock, it is not added to it.

    An invalid line is reported with its number and skipped; the exit status is then 1. Products are committed in
    batches of 500. After Ctrl-C the current batch is completed and the option to resume with is printed. Importing
    the same file twice is safe.

    \b
    Examples:
      orders products import catalogue.csv
      zcat catalogue.jsonl.gz | orders products import - --format jsonl --dry-run
    """
    rows_of = READERS[detect_format(file, form)]
    read = settings.load()
    report = Report(next_line=from_line)
    with open_input(file) as (binary, size), progress(size, "Importing") as bar, GracefulInterrupt() as interrupt:
        lines = NumberedLines(binary)
        rows = rows_of(lines, currency=read.default_currency, first=from_line)
        if size is not None:
            rows = prefetched(rows, size=BATCH)
        request = ImportProducts(actor=cli_actor(), rows=interrupt.until(rows), dry_run=dry_run)
        try:
            for imported in Container(settings=read).import_products(request):
                report.add(imported)
                bar.update(lines.read - bar.pos)
        except UnreadableFile as error:
            raise click.ClickException(str(error)) from error
        except (OrdersError, OSError) as error:
            if isinstance(error, OSError):
                detach_stdout()
            raise click.ClickException(f"{error_text(error)} {report} {report.resume_hint}") from error
    if not interrupt.received:
        ensure_reaches(lines, from_line)
    click.echo(f"{report}{' Dry run: nothing was changed.' if dry_run else ''}", err=True)
    if interrupt.received:
        click.echo(f"Interrupted. {report.resume_hint}", err=True)
        sys.exit(INTERRUPTED)
    sys.exit(1 if report.counts["rejected"] else 0)


@products.command()
@click.argument("product")
@click.argument("quantity", type=int)
def restock(product: str, quantity: int) -> None:
    """Add QUANTITY units to the stock of PRODUCT.

    PRODUCT is a product's number. The stock is incremented, not replaced, so concurrent orders are not lost.

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
    """Outcomes of the lines processed so far; rejected lines are printed immediately."""

    next_line: int
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, imported: ImportResult) -> None:
        self.next_line = imported.line + 1
        self.counts[imported.outcome.value if imported.outcome else "rejected"] += 1
        if imported.outcome is None:
            click.echo(f"line {imported.line}: {imported.reason}")

    def __str__(self) -> str:
        outcomes = (f"{self.counts[outcome]:,} {outcome}" for outcome in ("added", "changed", "unchanged", "rejected"))
        return f"Products: {', '.join(outcomes)}."

    @property
    def resume_hint(self) -> str:
        return f"To resume: --from-line {self.next_line}"
