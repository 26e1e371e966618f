"""The ``orders events`` commands: list, follow and replay."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from orders_domain.model.feed.cursor import LATEST
from orders_domain.model.feed.page import FEED_TYPES, MAX_PAGE_SIZE
from orders_domain.model.order_ref import parse_order_ref
from orders_domain.model.values.timestamps import parse_timestamp
from orders_domain.use_cases import EventPage, ReadEvents, ReplayEvents
from orders_flask import settings
from orders_flask.bootstrap.container import Container
from orders_flask.cli._streaming import INTERRUPTED, GracefulInterrupt, cli_actor

POLL_INTERVAL = 0.5  # seconds

_types = click.option(
    "--type", "types", type=click.Choice(FEED_TYPES), multiple=True, help="Only events of this type; repeatable."
)
_order = click.option("--order", metavar="ORDER", help="Only events of this order, by its number or id.")


class Moment(click.ParamType[datetime]):
    """A date, or a timestamp with its offset."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return parse_timestamp(f"{value}T00:00:00Z" if len(value) == len("2026-11-27") else value)
        except ValueError:
            self.fail("Must be a date or an RFC 3339 timestamp, such as 2026-11-27 or 2026-11-27T09:00:00Z.")


@click.group()
def events() -> None:
    """Read the event feed, and publish events again."""


@events.command("list")
@click.option("--after", metavar="CURSOR", help="Only events behind this cursor; without it, from the first event.")
@_types
@_order
@click.option("--limit", type=click.IntRange(1, MAX_PAGE_SIZE), default=50, show_default=True)
def show(after: str | None, types: tuple[str, ...], order: str | None, limit: int) -> None:
    """Print a page of events.

    Each line is a CloudEvents message. The cursor behind the page is on standard error.
    """
    container = _container()
    page = container.read_events(_request(after, types, order, limit=limit))
    _print(container, page)
    click.echo(f"Next: --after {page.next_cursor}", err=True)


@events.command()
@click.option("--after", metavar="CURSOR", default=LATEST, help="Start behind this cursor, by default at the end.")
@_types
@_order
def follow(after: str, types: tuple[str, ...], order: str | None) -> None:
    """Print events as they become readable.

    Runs until stopped (Ctrl-C or SIGTERM), and then prints the cursor to resume with.
    """
    container = _container()
    with GracefulInterrupt() as interrupt:
        while not interrupt.received:
            page = container.read_events(_request(after, types, order, limit=MAX_PAGE_SIZE))
            _print(container, page)
            after = page.next_cursor
            if page.is_last and not interrupt.received:
                time.sleep(POLL_INTERVAL)
    click.echo(f"Resume with: --after {after}", err=True)


@events.command()
@click.option("--from", "since", type=Moment(), help="Only events of changes from this date or time on.")
@click.option("--to", "before", type=Moment(), help="Only events of changes before this date or time.")
@_types
@click.option("--after", metavar="CURSOR", help="Resume an interrupted replay.")
@click.option("--rate", type=click.IntRange(1, 100_000), default=500, show_default=True, help="Events per second.")
def replay(
    since: datetime | None, before: datetime | None, types: tuple[str, ...], after: str | None, rate: int
) -> None:
    """Publish events to the broker again.

    They have the same ids, and the order of the feed. A new consumer binds its queue first; consumers that have
    processed the events ignore them by their ids. Placed orders also go to the task queue again, unless it is off.

    Events that are committed later are not replayed. An interrupted replay prints the cursor to resume with; resumed,
    it publishes at most one page twice.
    """
    request = ReplayEvents(
        actor=cli_actor(), after=after, types=types or None, since=since, before=before, limit=min(rate, MAX_PAGE_SIZE)
    )
    published, resume = 0, after
    try:
        with GracefulInterrupt() as interrupt:
            for step in _paced(interrupt.until(_container().replay_events(request)), rate):
                published, resume = published + step.published, step.cursor
                click.echo(f"\rPublished: {published} events", err=True, nl=False)
            if not interrupt.received:
                resume = None
    finally:
        click.echo(f"\rPublished: {published} events.", err=True)
        if resume is not None:
            click.echo(f"Resume with the same options and: --after {resume}", err=True)
    if interrupt.received:
        sys.exit(INTERRUPTED)


def _paced(steps: Iterator[Any], rate: int) -> Iterator[Any]:
    """Yield the steps, each not before its events are due at the rate."""
    begun, published = time.monotonic(), 0
    for step in steps:
        published += step.published
        yield step
        time.sleep(max(begun + published / rate - time.monotonic(), 0))


def _request(after: str | None, types: tuple[str, ...], order: str | None, *, limit: int) -> ReadEvents:
    ref = None if order is None else parse_order_ref(order)
    return ReadEvents(actor=cli_actor(), after=after, types=types or None, order=ref, limit=limit)


def _print(container: Container, page: EventPage) -> None:
    to_bytes = container.web_use_cases().event_bytes
    for read in page.events:
        click.echo(to_bytes(read.event).decode())


def _container() -> Container:
    return Container(settings=settings.load())
