"""orders token"""

from collections.abc import Sequence

import click

from orders_domain.model.actor import Role
from orders_flask import settings
from orders_flask.bootstrap.container import Container


@click.command()
@click.argument("subject")
@click.option("--role", type=click.Choice(["customer", "admin"]), default="customer", show_default=True)
@click.option("--scope", "scopes", multiple=True, help="Such as orders:write; may be given several times.")
@click.option("--hours", type=click.IntRange(1, 24 * 365), default=24, show_default=True, help="How long it holds.")
def token(subject: str, role: str, scopes: Sequence[str], hours: int) -> None:
    """Print a bearer token for SUBJECT, for development.

    It is refused in production.

    \b
    Example:
      curl -H "Authorization: Bearer $(orders token ann)" http://127.0.0.1:8000/orders/user/ann
    """
    read = settings.load()
    if read.production:
        raise click.ClickException("ORDERS_ENV is production: tokens come from your identity provider.")
    if read.algorithm != "HS256":
        raise click.ClickException(f"Tokens are checked with a public key ({read.algorithm}); only its owner signs.")
    container = Container(settings=read)
    click.echo(container.issue_dev_token(subject=subject, role=Role(role), scopes=scopes, seconds=hours * 3600))
