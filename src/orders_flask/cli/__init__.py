"""The ``orders`` command-line interface."""

from __future__ import annotations

import sys

import click

from orders_domain.errors import InvalidValue, OrdersError, StoreUnavailable
from orders_flask.cli._lazy_group import Entry, LazyGroup
from orders_flask.settings import InvalidSetting

_ENTRIES = {
    "bulk-status": Entry("orders_flask.cli.bulk_status", "Change the status of the orders of FILE to STATUS."),
    "dead-letters": Entry(
        "orders_flask.cli.dead_letters:dead_letters", "Look at messages that consumers rejected, and resend them."
    ),
    "demo": Entry("orders_flask.cli.demo", "Run the service with sample data and sample requests."),
    "doctor": Entry(
        "orders_flask.cli.doctor.command:doctor", "Check every configured component and the data, and report failures."
    ),
    "events": Entry("orders_flask.cli.events", "Read the event feed, and publish events again."),
    "export": Entry(
        "orders_flask.cli.export.command:export", "Write orders to FILE, newest first, as CSV or JSON Lines."
    ),
    "expire": Entry("orders_flask.cli.expire", "Cancel orders that were not paid in time, and end due stock holds."),
    "find": Entry("orders_flask.cli.find", "Find orders by TEXT, newest first."),
    "history": Entry("orders_flask.cli.history", "Show every change of ORDER, oldest first."),
    "hold": Entry(
        "orders_flask.cli.life.changes:hold",
        "Hold ORDER: it is not confirmed, cancelled or shipped until it is released.",
    ),
    "index": Entry("orders_flask.cli.find:index", "Store anew the words by which orders are found."),
    "migrate": Entry("orders_flask.cli.migrate", "Upgrade the database schema."),
    "notify": Entry("orders_flask.cli.notify", "Send letters to customers, and alerts to administrators."),
    "outbox": Entry("orders_flask.cli.outbox", "Inspect the outbox, and publish events again."),
    "payments": Entry("orders_flask.cli.payments", "Record payment providers' facts."),
    "products": Entry("orders_flask.cli.products", "Manage the product catalogue."),
    "prune": Entry("orders_flask.cli.prune", "Delete expired data."),
    "refund": Entry(
        "orders_flask.cli.life.changes:refund", "Ask for a refund of an amount, or of units and charges of ORDER."
    ),
    "relay": Entry("orders_flask.cli.relay", "Publish the events of the outbox."),
    "release": Entry("orders_flask.cli.life.changes:release", "Release ORDER from its hold."),
    "restored": Entry("orders_flask.cli.restored", "Finish the restore of the database from a backup."),
    "return": Entry("orders_flask.cli.life.returns:returns", "Authorize, receive and refuse returns of shipped units."),
    "serve": Entry("orders_flask.cli.serve", "Run the service."),
    "ship": Entry("orders_flask.cli.life.changes:ship", "Ship open units of ORDER in one parcel."),
    "token": Entry("orders_flask.cli.token", "Print a bearer token for SUBJECT, for development only."),
    "track": Entry("orders_flask.cli.track", "Apply carriers' tracking events to the orders."),
    "users": Entry("orders_flask.cli.users", "Manage accounts with an e-mail address and a password."),
    "webhooks": Entry("orders_flask.cli.webhooks.command:webhooks", "Deliver events to webhook endpoints."),
}
"""The commands; a test compares the lines of the help with the commands."""

_WITHOUT_LOG = frozenset({"token"})
"""Commands that log nothing, and so need not import the logging library, which takes 0.1 s."""


@click.group(
    cls=LazyGroup, entries=_ENTRIES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="orders")
@click.pass_context
def orders(ctx: click.Context) -> None:
    """Order management: an HTTP API and its background workers.

    Settings are environment variables (DATABASE_URL, REDIS_URL, RABBITMQ_URL, JWT_SECRET, ...; the README lists all
    of them). By default the service runs embedded: it stores data in the SQLite file orders.db of the working
    directory and needs no other server.

    \b
    First steps:
      orders demo               run the service with sample data
      orders migrate            upgrade the database schema
      orders serve              run the service
      orders doctor             check every configured component, and the data
    """
    if ctx.invoked_subcommand not in _WITHOUT_LOG:
        from orders_flask.observability import structured_logging

        structured_logging.configure(level="WARNING", form="console")  # long-running commands configure their own


def main() -> None:
    """Run the command. An expected error is one sentence on standard error, and exit status 1."""
    try:
        orders(prog_name="orders")
    except (OrdersError, InvalidSetting) as error:
        from orders_flask.cli._error_text import error_text

        field = f"{error.field}: " if isinstance(error, InvalidValue) and error.field else ""
        click.echo(" ".join([f"orders: {field}{error_text(error)}", *_hints(error)]), err=True)
        sys.exit(1)


def _hints(error: Exception) -> list[str]:
    if isinstance(error, InvalidSetting):
        from orders_flask.unknown_settings import unknown_settings

        return unknown_settings()
    return ["Run: orders doctor"] if type(error) is StoreUnavailable and str(error).endswith(".") else []
