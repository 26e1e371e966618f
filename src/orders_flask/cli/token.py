"""The ``orders token`` command."""

from collections.abc import Sequence

import click

from orders_domain.model.accounts.actor import Role
from orders_flask import bootstrap, settings


@click.command()
@click.argument("subject")
@click.option("--role", type=click.Choice(["customer", "admin"]), default="customer", show_default=True)
@click.option("--scope", "scopes", multiple=True, help="A scope such as orders:write; repeatable.")
@click.option("--hours", type=click.IntRange(1, 24 * 365), default=24, show_default=True, help="Lifetime in hours.")
def token(subject: str, role: str, scopes: Sequence[str], hours: int) -> None:
    """Print a bearer token for SUBJECT, for development only.

    \b
    Example:
      curl -H "Authorization: Bearer $(orders token ann)" http://127.0.0.1:8000/orders/user/ann
    """
    read = settings.load()
    if read.production:
        raise click.ClickException("ORDERS_ENV must not be production: there, an identity provider issues tokens.")
    if read.algorithm != "HS256":
        raise click.ClickException(
            f"The algorithm must be HS256; tokens are verified with a public key ({read.algorithm})."
        )
    click.echo(bootstrap.issue_dev_token(read, subject=subject, role=Role(role), scopes=scopes, seconds=hours * 3600))
