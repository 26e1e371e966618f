"""The ``orders webhooks`` command: delivers events to endpoints, and manages the endpoints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import click

from orders_domain.model.webhooks.delivery import DeliveryState
from orders_domain.model.webhooks.endpoint import DEFAULT_OVERLAP, MAX_OVERLAP, WEBHOOK_TYPES, WebhookEndpoint
from orders_domain.use_cases import webhooks as use_cases
from orders_flask import settings
from orders_flask.bootstrap.container import Container
from orders_flask.cli import _worker
from orders_flask.cli._streaming import cli_actor
from orders_flask.workers.webhook_deliverer import attempt

_webhook = click.argument("webhook_id", type=click.UUID, metavar="WEBHOOK")
_HOUR = 3_600


@click.group(invoke_without_command=True)
@click.pass_context
def webhooks(context: click.Context) -> None:
    """Deliver events to webhook endpoints.

    Without a further command it delivers them until stopped (Ctrl-C or SIGTERM). A running `orders serve` does the
    same, unless --no-relay is given, and any number of processes may. No broker is needed.

    \b
    Endpoints:
      orders webhooks add https://shop.example.com/hooks
      orders webhooks add https://shop.example.com/hooks --type orders.order_placed.v1 --ordered
      orders webhooks list
      orders webhooks test WEBHOOK                   deliver a test event now
      orders webhooks rotate WEBHOOK                 a new secret
      orders webhooks disable WEBHOOK
    Deliveries:
      orders webhooks log WEBHOOK
      orders webhooks redeliver WEBHOOK              all that have failed
    """
    if context.invoked_subcommand is None:
        _, container = _worker.load()
        _worker.run(container.webhook_deliverer(), doing="Delivering webhooks")


@webhooks.command()
@click.argument("url")
@click.option(
    "--type", "types", type=click.Choice(WEBHOOK_TYPES), multiple=True, help="Only events of this type; repeatable."
)
@click.option("--ordered", is_flag=True, help="Deliver the events of an order one after the other, in their order.")
def add(url: str, types: Sequence[str], ordered: bool) -> None:
    """Deliver events to URL from now on.

    The id and the secret are printed. The secret is not shown again.
    """
    container = _container()
    request = use_cases.AddWebhook(actor=cli_actor(), url=url, types=types or None, ordered=ordered)
    endpoint = container.add_webhook(request)
    click.echo(f"id      {endpoint.id}")
    click.echo(f"secret  {endpoint.secrets.current}")
    click.echo("Keep the secret: it is not shown again, and the receiver verifies the deliveries with it.", err=True)


@webhooks.command("list")
def list_() -> None:
    """List the endpoints.

    Columns: state, reason if it is disabled, id and URL.
    """
    present = _container().list_webhooks(use_cases.ListWebhooks(actor=cli_actor()))
    for endpoint in present:
        reason = endpoint.disabled_reason.value if endpoint.disabled_reason else ""
        click.echo(f"{endpoint.state.value:8}  {reason:9}  {endpoint.id}  {endpoint.url}")
    if not present:
        click.echo("There are no endpoints; add one with: orders webhooks add https://...", err=True)


@webhooks.command()
@_webhook
def show(webhook_id: UUID) -> None:
    """Show an endpoint."""
    endpoint = _container().get_webhook(use_cases.GetWebhook(actor=cli_actor(), webhook_id=webhook_id))
    for name, value in _members(endpoint).items():
        click.echo(f"{name:16} {value}")


@webhooks.command()
@_webhook
def test(webhook_id: UUID) -> None:
    """Deliver a test event to an endpoint now.

    The exit status is 1 if it fails; then it is tried again like any other delivery.
    """
    container = _container()
    request = use_cases.SendTestWebhook(actor=cli_actor(), webhook_id=webhook_id, leased=True)
    claimed = container.send_test_webhook(request)
    outcome = attempt(claimed, send=container.webhook_sender(), clock=container.clock())
    container.record_webhook_attempt(outcome)
    if outcome.answer.error is not None or not 200 <= (outcome.answer.status or 0) < 300:
        raise click.ClickException(outcome.answer.error or f"The endpoint answered {outcome.answer.status}.")
    click.echo(f"The endpoint answered {outcome.answer.status} after {outcome.milliseconds} ms.")


@webhooks.command()
@_webhook
@click.option("--state", type=click.Choice([state.value for state in DeliveryState]), help="Only in this state.")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True)
@click.option("--before", type=click.IntRange(1), help="Only deliveries before this id.")
def log(webhook_id: UUID, state: str | None, limit: int, before: int | None) -> None:
    """List the deliveries of an endpoint, newest first.

    Columns: id, state, tries, time, type, id of the event, and the last answer.
    """
    request = use_cases.ListWebhookDeliveries(
        actor=cli_actor(),
        webhook_id=webhook_id,
        state=DeliveryState(state) if state else None,
        limit=limit,
        before=before,
    )
    page = _container().list_webhook_deliveries(request)
    for each in page.deliveries:
        last = each.attempts[-1] if each.attempts else None
        answer = "" if last is None else last.error or last.status
        click.echo(
            f"{each.id:8}  {each.state.value:9}  {each.tries:2}  {each.created_at:%Y-%m-%d %H:%M:%S}  "
            f"{each.message.type:32}  {each.message.id}  {answer}".rstrip()
        )
    if page.next_before:
        click.echo(f"Next: --before {page.next_before}", err=True)


@webhooks.command()
@_webhook
@click.argument("delivery_ids", type=click.IntRange(1), nargs=-1, metavar="[DELIVERY]...")
def redeliver(webhook_id: UUID, delivery_ids: Sequence[int]) -> None:
    """Deliver again: the given deliveries, or all that have failed."""
    request = use_cases.RedeliverWebhook(actor=cli_actor(), webhook_id=webhook_id, delivery_ids=delivery_ids or None)
    click.echo(f"Queued again: {_container().redeliver_webhook(request)}.")


@webhooks.command()
@_webhook
@click.option(
    "--overlap",
    type=click.IntRange(0, int(MAX_OVERLAP.total_seconds()) // _HOUR),
    default=int(DEFAULT_OVERLAP.total_seconds()) // _HOUR,
    show_default=True,
    help="Hours for which deliveries are signed with the former secret, too.",
)
def rotate(webhook_id: UUID, overlap: int) -> None:
    """Give an endpoint a new secret.

    It is printed, and not shown again.
    """
    request = use_cases.RotateWebhookSecret(actor=cli_actor(), webhook_id=webhook_id, overlap=timedelta(hours=overlap))
    click.echo(f"secret  {_container().rotate_webhook_secret(request).secrets.current}")


@webhooks.command()
@_webhook
def enable(webhook_id: UUID) -> None:
    """Enable an endpoint.

    Deliveries that waited go on. Events from while it was disabled are in the event feed only.
    """
    _container().enable_webhook(use_cases.EnableWebhook(actor=cli_actor(), webhook_id=webhook_id))
    click.echo("Enabled.")


@webhooks.command()
@_webhook
def disable(webhook_id: UUID) -> None:
    """Disable an endpoint: nothing is delivered until it is enabled."""
    _container().disable_webhook(use_cases.DisableWebhook(actor=cli_actor(), webhook_id=webhook_id))
    click.echo("Disabled.")


@webhooks.command()
@_webhook
def remove(webhook_id: UUID) -> None:
    """Delete an endpoint and the log of its deliveries."""
    _container().remove_webhook(use_cases.RemoveWebhook(actor=cli_actor(), webhook_id=webhook_id))
    click.echo("Removed.")


def _members(endpoint: WebhookEndpoint) -> dict[str, object]:
    reason = f" ({endpoint.disabled_reason.value})" if endpoint.disabled_reason else ""
    former = endpoint.secrets.former_until
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "types": ", ".join(endpoint.types) if endpoint.types else "all",
        "ordered": "yes" if endpoint.ordered else "no",
        "state": f"{endpoint.state.value}{reason}",
        "created": f"{endpoint.created_at:%Y-%m-%d %H:%M:%S}",
        "failing since": f"{endpoint.failing_since:%Y-%m-%d %H:%M:%S}" if endpoint.failing_since else "-",
        "former secret": f"until {former:%Y-%m-%d %H:%M:%S}" if former else "-",
    }


def _container() -> Container:
    return Container(settings=settings.load())
