"""The ``orders restored`` command."""

import click

from orders_domain.use_cases import FinishRestore
from orders_flask import settings
from orders_flask.bootstrap.container import Container
from orders_flask.cli._streaming import cli_actor


@click.command()
@click.option(
    "--gap",
    type=click.IntRange(1, 1_000_000_000),
    default=10_000,
    show_default=True,
    help="Order numbers to skip; more than the orders that may have been lost.",
)
def restored(gap: int) -> None:
    """Finish the restore of the database from a backup.

    Run it before the service is started. It skips the numbers of orders that were lost, so that no other order gets
    them; revokes all tokens that were issued until now, because some may have been revoked after the backup; and
    gives the database a new identity, so that copies of the lost one in Redis are not used. Safe to repeat.
    """
    number = Container(settings=settings.load()).finish_restore(FinishRestore(actor=cli_actor(), gap=gap))
    click.echo(f"The next order gets number {number} or a greater one. All tokens issued until now are revoked.")
