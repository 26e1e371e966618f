"""Data of ``orders doctor``: contradictions between the data and its history, and their repair."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import click

from orders_domain.errors import StoreUnavailable
from orders_domain.model.consistency.finding import Finding, Key
from orders_domain.use_cases import CheckConsistency, ConsistencyStep
from orders_flask.bootstrap.container import Container
from orders_flask.cli._error_text import error_text
from orders_flask.cli._streaming import INTERRUPTED, GracefulInterrupt, cli_actor

MAX_SHOWN = 1_000
"""Findings of which each has a line."""


@dataclass
class Report:
    """The numbers of a run, and the position from which it can be resumed."""

    examined: Counter[str] = field(default_factory=Counter)
    found: int = 0
    repaired: int = 0
    person: int = 0
    lines: int = 0
    position: str | None = ""  # empty before the first step, None after the last

    def add(self, step: ConsistencyStep) -> None:
        self.examined[step.area] += step.examined
        self.repaired += len(step.repaired)
        for finding in step.repaired:
            self._show("repaired", finding, "")
        for finding in step.findings:
            self.found += 1
            self.person += not finding.repairable
            self._show("finding", finding, "" if finding.repairable else "; a person must repair it")
        self.position = None if step.position is None else f"{step.position[0]}:{_text(step.position[1])}"

    def _show(self, word: str, finding: Finding, more: str) -> None:
        self.lines += 1
        if self.lines <= MAX_SHOWN:
            click.echo(f"{word:10} {finding.subject}: {finding.text} ({finding.kind.value}{more})")
        elif self.lines == MAX_SHOWN + 1:
            click.echo(f"{word:10} The first {MAX_SHOWN:,} are shown; the others are counted.")

    def summary(self, *, repair: bool) -> str:
        extent = ", ".join(f"{count:,} {area}" for area, count in self.examined.items() if count) or "no data"
        repaired = f"{self.repaired:,} repaired, " if repair else ""
        if not self.found:
            return f"ok ({repaired}{extent} examined)"
        advice = "" if repair or self.found == self.person else "; run: orders doctor --fix"
        return f"{self.found:,} findings ({repaired}{self.person:,} for a person, {extent} examined){advice}"


def check_data(container: Container, *, repair: bool, start: str | None) -> bool:
    """Print what is found, or repaired, and return whether nothing wrong remains.

    After Ctrl-C the current batch, or the current repair, is finished; the option that continues is printed.
    """
    if container.store().consistency is None:
        return True
    report, request = Report(), CheckConsistency(actor=cli_actor(), repair=repair, start=_position(start))
    with GracefulInterrupt() as interrupt:
        try:
            for step in interrupt.until(_shown(container.check_consistency(request), report)):
                report.add(step)
            is_interrupted = interrupt.received
        except StoreUnavailable as error:
            click.echo(f"{'data':10} {error_text(error)}{_resume(report)}")
            return False
        except KeyboardInterrupt:  # of a second Ctrl-C; the transaction of the current repair is undone
            is_interrupted = True
    if is_interrupted and report.position is not None:
        click.echo(f"{'data':10} interrupted, {report.summary(repair=repair)}{_resume(report)}")
        sys.exit(INTERRUPTED)
    click.echo(f"{'data':10} {report.summary(repair=repair)}")
    return report.found == 0


def _shown(steps: Iterator[ConsistencyStep], report: Report) -> Iterator[ConsistencyStep]:
    """Yield the steps; a terminal shows how far they are."""
    is_terminal = sys.stderr.isatty()
    for step in steps:
        if is_terminal:
            count = report.examined[step.area] + step.examined
            click.echo(f"\r\033[K{count:,} {step.area} so far", err=True, nl=False)
        yield step
    if is_terminal:
        click.echo("\r\033[K", err=True, nl=False)


def _resume(report: Report) -> str:
    return f"; continue with: --from {shlex.quote(report.position)}" if report.position else ""


def _text(key: Key | None) -> str:
    return "" if key is None else "\t".join(key) if isinstance(key, tuple) else str(key)


def _position(text: str | None) -> tuple[str, Key | None] | None:
    """Return the position of a text that was printed, such as ``orders:<id of an order>``."""
    if text is None:
        return None
    area, _, key = text.partition(":")
    if not key:
        return area, None
    if "\t" in key:
        return area, tuple(key.split("\t"))
    if key.isdecimal():
        return area, int(key)
    try:
        return area, UUID(key)
    except ValueError as error:
        raise click.BadParameter("It must be a position that an interrupted run has printed.") from error
