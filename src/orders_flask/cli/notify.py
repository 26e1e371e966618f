"""The ``orders notify`` command: sends letters, and manages who gets alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import click

from orders_domain.model.notification import Alert, AlertRecipient, Channel, NotificationState, NotificationText
from orders_domain.model.values.total_table import total_table
from orders_domain.ports.notifier import NotificationMessage
from orders_domain.use_cases import AddAlertRecipient, ListAlertRecipients, RemoveAlertRecipient
from orders_flask import settings
from orders_flask.bootstrap.container import Container
from orders_flask.cli import _worker
from orders_flask.cli._streaming import cli_actor
from orders_flask.workers import runner

_ALERTS = click.Choice([alert.value for alert in Alert])
_STATES = [state.value for state in NotificationState]
_SENT_BY = total_table(Channel, {Channel.EMAIL: "mail", Channel.SMS: "short message"})
_VARIABLES = total_table(Channel, {Channel.EMAIL: "SMTP_URL", Channel.SMS: "SMS_URL"})
_alerts = click.option(
    "--alert", "alerts", type=_ALERTS, multiple=True, default=_ALERTS.choices, help="Only this alert; repeatable."
)


@click.group(invoke_without_command=True)
@click.pass_context
def notify(context: click.Context) -> None:
    """Send letters to customers, and alerts to administrators.

    Without a further command it sends them until stopped (Ctrl-C or SIGTERM): by mail if SMTP_URL is set, as short
    messages if SMS_URL is set, and otherwise to the log. A running `orders serve` with one of these settings does the
    same, and any number of processes may. No broker is needed. A refused letter is tried again for 40 minutes.

    \b
    Recipients of alerts:
      orders notify add root@example.com             every alert, by mail
      orders notify add +4915112345678               every alert, as a short message
      orders notify add root@example.com --alert stock_low
      orders notify list
      orders notify remove root@example.com
      orders notify test root@example.com            send a message now
    Letters that were not sent:
      orders notify letters
      orders notify resend ID
    """
    if context.invoked_subcommand is None:
        _send()


def _send() -> None:
    read, container = _worker.load()
    first, *others = container.notification_senders()
    background = runner.BackgroundWorkers()
    for sender in others:
        background.start(sender, name="notification sender")
    channels = [_SENT_BY[sender.channel] for sender in (first, *others)] if read.sends_notifications else ["the log"]
    _worker.run(first, doing=f"Sending notifications by {' and '.join(channels)}")
    background.stop()


@notify.command("list")
def show() -> None:
    """List who gets which alert.

    Columns: alert, address and language.
    """
    container = _container()
    recipients = container.list_alert_recipients(ListAlertRecipients(actor=cli_actor()))
    for recipient in recipients:
        click.echo(f"{recipient.alert.value:16}  {recipient.address:40}  {recipient.language or ''}".rstrip())
    if not recipients:
        click.echo("Nobody gets alerts; add an address with: orders notify add root@example.com", err=True)


@notify.command()
@click.argument("address")
@_alerts
@click.option("--language", help="The language of the alert, such as de; by default NOTIFICATION_LANGUAGE.")
def add(address: str, alerts: Sequence[str], language: str | None) -> None:
    """Send alerts to ADDRESS from now on.

    Alerts are of low stock, of deliveries that failed or came back, and of webhooks that are disabled.

    ADDRESS is an e-mail address, or a phone number such as +4915112345678. It needs no account. An address that gets
    an alert already gets it in the new language.

    \b
    Examples:
      orders notify add root@example.com
      orders notify add lager@example.com --language de
    """
    container = _container()
    recipient = AlertRecipient(address=_normalized(container, address), language=language)
    for alert in map(Alert, alerts):
        request = AddAlertRecipient(actor=cli_actor(), recipient=replace(recipient, alert=alert))
        container.add_alert_recipient(request)
        click.echo(f"{recipient.address} gets the alert {alert.value}.")
    if recipient.channel not in container.notifier().notifiers or not container.settings().sends_notifications:
        click.echo(f"It is not sent before {_VARIABLES[recipient.channel]} is set.", err=True)


@notify.command()
@click.argument("address")
@_alerts
def remove(address: str, alerts: Sequence[str]) -> None:
    """Stop sending alerts to ADDRESS."""
    container = _container()
    address = _normalized(container, address)
    requests = [RemoveAlertRecipient(actor=cli_actor(), address=address, alert=Alert(alert)) for alert in alerts]
    removed = [request.alert.value for request in requests if container.remove_alert_recipient(request)]
    if not removed:
        raise click.ClickException(f"{address} does not get the alert {', '.join(alerts)}; see: orders notify list")
    for alert in removed:
        click.echo(f"{address} does not get the alert {alert} any more.")


@notify.command()
@click.argument("address")
def test(address: str) -> None:
    """Send a message to ADDRESS now, to check the settings.

    An error is reported here, and the message is not tried again.
    """
    container = _container()
    recipient = AlertRecipient(address=_normalized(container, address))
    if not container.settings().sends_notifications:
        raise click.ClickException("SMTP_URL or SMS_URL must be set, because messages are only logged without them.")
    notifier = container.notifier().notifiers.get(recipient.channel)
    if notifier is None:
        raise click.ClickException(f"{_VARIABLES[recipient.channel]} must be set for {recipient.address}.")
    content = NotificationText(subject="Test of notifications", text="This is a test of the notifications of orders.")
    notifier(NotificationMessage(id=uuid4(), to=recipient.address, content=content, occurred_at=datetime.now(UTC)))
    click.echo(f"The server accepted a message to {recipient.address}.")


@notify.command()
@click.option(
    "--state",
    "states",
    type=click.Choice(_STATES),
    multiple=True,
    default=("failed", "waiting"),
    show_default=True,
    help="Only notifications in this state; repeatable.",
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
def letters(states: Sequence[str], limit: int) -> None:
    """List letters and short messages, oldest first.

    Columns: state, attempts, time, channel, kind, number of the order or address of the alert, id and the last error.
    """
    selected = frozenset(map(NotificationState, states))
    entries = _container().store().notifications.select(states=selected, limit=limit)
    for entry in entries:
        letter = entry.notification
        to = f"order {entry.order.number}" if entry.order else letter.address or ""
        click.echo(
            f"{entry.state.value:11} {entry.attempts:3}  {letter.occurred_at:%Y-%m-%d %H:%M:%S}  "
            f"{letter.channel.value:5}  {letter.kind.value:16}  {to:24}  {letter.id}  {entry.last_error or ''}".rstrip()
        )
    click.echo(f"{len(entries)} {'notification' if len(entries) == 1 else 'notifications'}.", err=True)


@notify.command()
@click.argument("notification_ids", type=click.UUID, nargs=-1, required=True)
def resend(notification_ids: Sequence[UUID]) -> None:
    """Send failed letters again.

    For example after the mail server accepts the address.

    If an id matches no failed or unaddressed letter, it is reported and the exit status is 1.
    """
    container = _container()
    queue, now = container.store().notifications, container.store_clock()()
    missing = [str(each) for each in dict.fromkeys(notification_ids) if not queue.requeue([each], now=now)]
    click.echo(f"Requeued {len(dict.fromkeys(notification_ids)) - len(missing)}.")
    if missing:
        raise click.ClickException(f"No failed or unaddressed notification has the id {', '.join(missing)}.")


def _normalized(container: Container, address: str) -> str:
    """Return the address in the form that is stored; a domain is in ASCII, as every mail server knows it."""
    return container.normalize_email()(address) if "@" in address else address.strip()


def _container() -> Container:
    return Container(settings=settings.load())
