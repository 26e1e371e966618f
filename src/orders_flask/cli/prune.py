"""The ``orders prune`` command."""

import sys
from collections.abc import Callable, Iterator

import click

from orders_domain.use_cases import PurgeResult
from orders_flask import settings
from orders_flask.bootstrap.container import Container
from orders_flask.cli._streaming import GracefulInterrupt


@click.command()
def prune() -> None:
    """Delete expired data.

    Deletes events published more than a week ago, idempotency keys older than 24 hours, revocations of expired
    tokens, records of messages processed and notifications finished more than 90 days ago, finished jobs and webhook
    deliveries created more than 30 days ago, and exports and imports with their files created more than 24 hours ago.

    An idle relay does the same. If the relays are never idle, run this command daily. It deletes in small batches
    that do not block the service, and can be interrupted (Ctrl-C) and run again at any time.
    """
    container = Container(settings=settings.load())
    pruned = PurgeResult()
    with GracefulInterrupt() as interrupt:
        for batch in interrupt.until(_batches(container.purge_expired_data)):
            pruned += batch
            if sys.stderr.isatty():
                click.echo(f"\r{_summary(pruned)} so far", err=True, nl=False)
    click.echo(f"\rDeleted: {_summary(pruned)}.", err=True)
    if pruned.failed:
        raise click.ClickException(f"The store was too slow to delete {', '.join(pruned.failed)}; run it again.")


def _summary(pruned: PurgeResult) -> str:
    return (
        f"{pruned.events:,} published events, {pruned.keys:,} idempotency keys, {pruned.tokens:,} token revocations, "
        f"{pruned.messages:,} message records, {pruned.jobs:,} finished jobs, {pruned.notifications:,} notifications, "
        f"{pruned.webhooks:,} webhook deliveries"
    )


def _batches(prune: Callable[[], PurgeResult]) -> Iterator[PurgeResult]:
    while (batch := prune()).has_deleted:
        yield batch
    yield batch
