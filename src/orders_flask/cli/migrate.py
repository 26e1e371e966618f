"""The ``orders migrate`` command."""

import sys

import click

from orders_flask import settings
from orders_flask.bootstrap import Migrations
from orders_flask.bootstrap.container import Container


@click.command()
@click.option("--to", "revision", default="head", show_default=True, help="The target revision.")
@click.option("--down", is_flag=True, help="Downgrade to --to ('base' undoes all revisions); this deletes data.")
@click.option("--check", is_flag=True, help="Only compare the database schema with the code; fail if they differ.")
def migrate(revision: str, down: bool, check: bool) -> None:
    """Upgrade the database schema. Safe to repeat and to run concurrently."""
    from alembic.util import CommandError

    if not revision:
        raise click.UsageError("--to must be a revision such as 0011, or head, or with --down base.")
    migrations = Container(settings=settings.load()).store().migrations
    if migrations is None:
        raise click.ClickException("DATABASE_URL must be a database with tables; memory:// has none.")
    if check:
        sys.exit(_report(migrations))
    try:
        (migrations.downgrade if down else migrations.upgrade)(revision)
    except CommandError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"The database is at {migrations.current() or 'base'}.")


def _report(migrations: Migrations) -> int:
    differences = migrations.drift()
    for difference in differences:
        click.echo(difference, err=True)
    click.echo("The database schema differs from the code." if differences else "No drift.")
    return 1 if differences else 0
