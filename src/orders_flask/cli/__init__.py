"""The command ``orders``: run the service, and look after it."""

from __future__ import annotations

import sys

import click

from orders_domain.errors import InvalidValue, OrdersError, StoreUnavailable
from orders_flask.cli import (
    bulk_status,
    demo,
    doctor,
    history,
    migrate,
    notify,
    outbox,
    products,
    prune,
    relay,
    serve,
    token,
    track,
    users,
)
from orders_flask.cli.export import command as export
from orders_flask.observability import structured_logging
from orders_flask.settings import InvalidSetting
from orders_flask.unknown_settings import unknown_settings


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="orders")
def orders() -> None:
    """Order management: an HTTP API, and the workers behind it.

    Settings come from the environment (DATABASE_URL, REDIS_URL, RABBITMQ_URL, JWT_SECRET, ...; the README lists them
    all). Without any, everything runs embedded: a SQLite file orders.db here, and no server needed.

    \b
    First steps:
      orders demo               a running service with examples to paste
      orders migrate            bring the database up to date
      orders serve              run the service
      orders doctor             see whether every part is well
    """
    structured_logging.configure(level="WARNING", form="console")  # what runs for long sets its own


for command in (
    bulk_status.bulk_status,
    demo.demo,
    doctor.doctor,
    export.export,
    history.history,
    migrate.migrate,
    notify.notify,
    outbox.outbox,
    products.products,
    prune.prune,
    relay.relay,
    serve.serve,
    token.token,
    track.track,
    users.users,
):
    orders.add_command(command)


def main() -> None:
    """Run the command; an anticipated error is one sentence on standard error and exit status 1."""
    try:
        orders(prog_name="orders")
    except (OrdersError, InvalidSetting) as error:
        field = f"{error.field}: " if isinstance(error, InvalidValue) and error.field else ""
        click.echo(" ".join([f"orders: {field}{error}", *_hints(error)]), err=True)
        sys.exit(1)


def _hints(error: Exception) -> list[str]:
    if isinstance(error, InvalidSetting):
        return unknown_settings()
    return ["orders doctor says why."] if type(error) is StoreUnavailable and str(error).endswith(".") else []
