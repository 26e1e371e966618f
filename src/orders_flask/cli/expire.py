"""The ``orders expire`` command."""

from collections.abc import Callable, Sequence

import click

from orders_domain.use_cases import ExpiryResult
from orders_flask import settings
from orders_flask.bootstrap.container import Container

_MOST_LISTED = 1_000


@click.command()
@click.option("--dry-run", is_flag=True, help="List the orders and stock holds that are due, and change nothing.")
def expire(*, dry_run: bool) -> None:
    """Cancel orders that were not paid in time, and end due stock holds.

    The service does the same by itself while it or a relay runs. Held orders and paid ones do not expire.
    """
    container = Container(settings=settings.load())
    if dry_run:
        now = container.store_clock()()
        for order_id in container.queries().expiring(before=now, limit=_MOST_LISTED):
            click.echo(order_id)
        for hold_id in container.stock_holds().due(before=now, limit=_MOST_LISTED):
            click.echo(f"{hold_id} stock hold")
        return
    orders, failed_orders = _all(container.expire_orders)
    holds, failed_holds = _all(container.expire_stock_holds)
    click.echo(f"Expired: {orders:,} orders, {holds:,} stock holds.", err=True)
    if failures := [*failed_orders, *failed_holds]:
        first = failures[0]
        raise click.ClickException(f"{len(failures):,} did not expire: {type(first).__name__}: {first}")


def _all(expire_batch: Callable[[], ExpiryResult]) -> tuple[int, Sequence[Exception]]:
    """Expire batches until one has none that expires; return the number of those that did, and the last failures."""
    count = 0
    while (result := expire_batch()).expired:
        count += len(result.expired)
    return count, result.failures
