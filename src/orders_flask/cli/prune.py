"""orders prune"""

import sys
from collections.abc import Callable, Iterator

import click

from orders_domain.use_cases import PurgeResult
from orders_flask import settings
from orders_flask.bootstrap.container import Container
from orders_flask.cli._streaming import GracefulInterrupt


@click.command()
def prune() -> None:
    """Forget what nobody can ask for any more.

    That is: events sent a week ago, idempotency keys of more than 24 hours ago, dead tokens that have expired, and
    messages dealt with 90 days ago.

    An idle relay does the same by itself; where the relays are never idle, run this daily. It works in small
    transactions beside everything else, and may be stopped (Ctrl-C) and run again at any time.
    """
    container = Container(settings=settings.load())
    pruned = PurgeResult()
    with GracefulInterrupt() as interrupt:
        for part in interrupt.until(_counts(container.purge_expired_data)):
            pruned += part
            if sys.stderr.isatty():
                click.echo(f"\r{_summary(pruned)} so far", err=True, nl=False)
    click.echo(f"\rForgotten: {_summary(pruned)}.", err=True)


def _summary(pruned: PurgeResult) -> str:
    return (
        f"{pruned.events:,} events that were sent, {pruned.keys:,} idempotency keys, {pruned.tokens:,} dead tokens, "
        f"{pruned.messages:,} messages"
    )


def _counts(prune: Callable[[], PurgeResult]) -> Iterator[PurgeResult]:
    while (part := prune()) != PurgeResult():
        yield part
