"""The ``orders expire`` command."""

from datetime import UTC, datetime

import click

from orders_domain.use_cases import ExpiryResult
from orders_flask import settings
from orders_flask.bootstrap.container import Container


@click.command()
@click.option("--dry-run", is_flag=True, help="List the orders whose time has come, and change nothing.")
def expire(*, dry_run: bool) -> None:
    """Cancel the orders that were not paid in time.

    The service does the same by itself while it or a relay runs. Held orders and paid ones do not expire.
    """
    container = Container(settings=settings.load())
    if dry_run:
        for order_id in container.queries().expiring(before=datetime.now(UTC), limit=1_000):
            click.echo(order_id)
        return
    count = 0
    while (batch := container.expire_orders()) != ExpiryResult() and batch.expired:
        count += len(batch.expired)
    click.echo(f"Expired: {count:,} orders.", err=True)
