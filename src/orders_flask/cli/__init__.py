"""The ``orders`` command-line interface."""

from __future__ import annotations

import sys

import click

from orders_domain.errors import InvalidValue, OrdersError, StoreUnavailable
from orders_flask.cli import (
    bulk_status,
    demo,
    doctor,
    expire,
    history,
    migrate,
    notify,
    outbox,
    products,
    prune,
    relay,
    restored,
    serve,
    token,
    track,
    users,
)
from orders_flask.cli._error_text import error_text
from orders_flask.cli.export import command as export
from orders_flask.observability import structured_logging
from orders_flask.settings import InvalidSetting
from orders_flask.unknown_settings import unknown_settings


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="orders")
def orders() -> None:
    """Order management: an HTTP API and its background workers.

    Settings are environment variables (DATABASE_URL, REDIS_URL, RABBITMQ_URL, JWT_SECRET, ...; the README lists all
    of them). By default the service runs embedded: it stores data in the SQLite file orders.db of the working
    directory and needs no other server.

    \b
    First steps:
      orders demo               run the service with sample data
      orders migrate            upgrade the database schema
      orders serve              run the service
      orders doctor             check every configured component
    """
    structured_logging.configure(level="WARNING", form="console")  # long-running commands configure their own


for command in (
    bulk_status.bulk_status,
    demo.demo,
    doctor.doctor,
    expire.expire,
    export.export,
    history.history,
    migrate.migrate,
    notify.notify,
    outbox.outbox,
    products.products,
    prune.prune,
    relay.relay,
    restored.restored,
    serve.serve,
    token.token,
    track.track,
    users.users,
):
    orders.add_command(command)


def main() -> None:
    """Run the command. An expected error is one sentence on standard error, and exit status 1."""
    try:
        orders(prog_name="orders")
    except (OrdersError, InvalidSetting) as error:
        field = f"{error.field}: " if isinstance(error, InvalidValue) and error.field else ""
        click.echo(" ".join([f"orders: {field}{error_text(error)}", *_hints(error)]), err=True)
        sys.exit(1)


def _hints(error: Exception) -> list[str]:
    if isinstance(error, InvalidSetting):
        return unknown_settings()
    return ["Run: orders doctor"] if type(error) is StoreUnavailable and str(error).endswith(".") else []
