"""The ``orders bulk-status`` command."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import click
import orjson

from orders_domain.errors import OrderNotFound, OrdersError, UnreadableFile
from orders_domain.model.order import validate_reason
from orders_domain.model.order_ref import OrderRef, parse_order_ref
from orders_domain.model.status import TargetStatus
from orders_domain.model.values.typed_text import trim
from orders_domain.use_cases import BulkChangeStatus
from orders_flask import settings
from orders_flask.bootstrap.container import Container
from orders_flask.cli._error_text import error_text
from orders_flask.cli._statuses import STATUSES
from orders_flask.cli._streaming import (
    INTERRUPTED,
    GracefulInterrupt,
    cli_actor,
    detach_stdout,
    ensure_reaches,
    open_input,
    progress,
)
from orders_flask.files.lines import NumberedLines

BATCH = 100
"""The number of lines between two results and two steps of the progress bar."""


@click.command("bulk-status")
@click.argument("status", type=click.Choice(list(STATUSES), case_sensitive=False))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--from-line", type=click.IntRange(min=1), default=1, help="Skip earlier lines, to resume.")
@click.option("--reason", help="The reason for a cancellation, up to 200 characters; the history shows it.")
@click.option(
    "--results", type=click.Choice(["lines", "jsonl"]), default="lines", show_default=True, help="The output format."
)
def bulk_status(status: str, file: str, from_line: int, results: str, reason: str | None) -> None:
    """Change the status of the orders of FILE to STATUS.

    FILE (- for standard input) has one order number or order id a line.

    Each order is changed in its own transaction, with its history entry, its events and its stock. Each result is a
    line on standard output. If an order's transition is rejected, the others are unaffected and the exit status is 1.
    After Ctrl-C the current batch is completed and the option to resume with is printed. Repeating a change has no
    effect.

    \b
    Example:
      orders bulk-status shipped today.txt --results jsonl > results.jsonl
    """
    validate_reason(reason, target=STATUSES[status])
    target = TargetStatus(STATUSES[status], frozenset({STATUSES[status]}))
    report = Report(format=results, next_line=from_line)
    change = Container(settings=settings.load()).bulk_change_status
    with open_input(file) as (binary, size), progress(size, "Changing") as bar, GracefulInterrupt() as interrupt:
        lines = NumberedLines(binary)
        refs = iter(interrupt.until(_refs(lines, from_line)))
        try:
            while batch := list(islice(refs, BATCH)):
                report.add(batch, _process(batch, target, reason, change))
                bar.update(lines.read - bar.pos)
        except UnreadableFile as error:
            raise click.ClickException(str(error)) from error
        except (OrdersError, OSError) as error:
            if isinstance(error, OSError):
                detach_stdout()
            raise click.ClickException(f"{error_text(error)} {report} {report.resume_hint}") from error
    if not interrupt.received:
        ensure_reaches(lines, from_line)
    click.echo(str(report), err=True)
    if interrupt.received:
        click.echo(f"Interrupted. {report.resume_hint}", err=True)
        sys.exit(INTERRUPTED)
    sys.exit(1 if report.counts["failed"] else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """One input line; ``order_id`` is None if the line is neither an order number nor an order id."""

    line: int
    text: str
    order_id: OrderRef | None


def _refs(lines: NumberedLines, first: int) -> Iterator[Ref]:
    for line in lines:
        text = trim(line)
        if text and lines.number >= first:
            yield Ref(line=lines.number, text=text, order_id=_order_id(text))


def _order_id(text: str) -> OrderRef | None:
    try:
        return parse_order_ref(text)
    except OrderNotFound:
        return None


def _process(batch: Sequence[Ref], target: TargetStatus, reason: str | None, change: Any) -> dict[OrderRef, str]:
    """Change the orders' status; return a reason for each failure."""
    order_ids = tuple(dict.fromkeys(ref.order_id for ref in batch if ref.order_id is not None))
    if not order_ids:
        return {}
    job = change(BulkChangeStatus(actor=cli_actor(), order_ids=order_ids, target=target, reason=reason))
    return {failure.order_id: failure.sentence for failure in job.failed}


@dataclass(kw_only=True)
class Report:
    """Results of the lines processed so far."""

    format: str
    next_line: int
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, batch: Sequence[Ref], reasons: dict[OrderRef, str]) -> None:
        for ref in batch:
            reason = "Must be an order number or an order id." if ref.order_id is None else reasons.get(ref.order_id)
            self.counts["failed" if reason else "updated"] += 1
            click.echo(self._line(ref, reason))
        self.next_line = batch[-1].line + 1

    def _line(self, ref: Ref, reason: str | None) -> str:
        result = "failed" if reason else "updated"
        text = ref.text if ref.text.isprintable() else ascii(ref.text)
        if self.format == "lines":
            return f"{ref.line}\t{text}\t{result}\t{reason or ''}".rstrip()
        return orjson.dumps({"line": ref.line, "order_id": text, "result": result, "error": reason}).decode()

    def __str__(self) -> str:
        return f"Orders: {self.counts['updated']:,} updated, {self.counts['failed']:,} failed."

    @property
    def resume_hint(self) -> str:
        return f"To resume: --from-line {self.next_line}"
