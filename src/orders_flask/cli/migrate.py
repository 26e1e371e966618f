"""orders migrate"""

import sys

import click

from orders_flask import settings
from orders_flask.bootstrap import Migrations
from orders_flask.bootstrap.container import Container


@click.command()
@click.option("--to", "revision", default="head", show_default=True, help="The revision to reach.")
@click.option("--down", is_flag=True, help="Undo the revisions after --to ('base' for all): what they hold is lost.")
@click.option("--check", is_flag=True, help="Change nothing: fail where migrations and code disagree on the tables.")
def migrate(revision: str, down: bool, check: bool) -> None:
    """Bring the database up to date. Safe to run again, and by several at once."""
    from alembic.util import CommandError

    if not revision:
        raise click.UsageError("--to is empty; it is a revision such as 0011, or head, or with --down base.")
    migrations = Container(settings=settings.load()).store().migrations
    if migrations is None:
        raise click.ClickException("DATABASE_URL is memory://, which has no tables.")
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
    click.echo("Migrations and code disagree on the tables." if differences else "No drift.")
    return 1 if differences else 0
