"""The ``orders outbox`` commands: list and resend."""

from collections.abc import Sequence
from uuid import UUID

import click

from orders_domain.ports.outbox import OutboxState
from orders_domain.use_cases import ListOutbox, ResendEvents
from orders_flask import settings
from orders_flask.bootstrap.container import Container
from orders_flask.cli._streaming import cli_actor

_STATES = [state.value for state in OutboxState]


@click.group()
def outbox() -> None:
    """Inspect the outbox, and publish events again."""


@outbox.command("list")
@click.option(
    "--state",
    "states",
    type=click.Choice(_STATES),
    multiple=True,
    default=("waiting", "parked"),
    show_default=True,
    help="Only events in this state; repeatable.",
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
def show(states: Sequence[str], limit: int) -> None:
    """List events, oldest first.

    Columns: state, attempts, time, type, order, version, id and the last error.
    """
    request = ListOutbox(actor=cli_actor(), states=frozenset(map(OutboxState, states)), limit=limit)
    entries = _container().list_outbox(request).messages
    for entry in entries:
        event = entry.event
        click.echo(
            f"{entry.state.value:8} {entry.attempts:3}  {event.at:%Y-%m-%d %H:%M:%S}  {event.type:32} "
            f"{event.order_id} v{event.version}  {event.id}  {entry.last_error or ''}".rstrip()
        )
    click.echo(f"{len(entries)} {'event' if len(entries) == 1 else 'events'}: {', '.join(states)}.", err=True)


@outbox.command()
@click.argument("event_ids", type=click.UUID, nargs=-1)
@click.option("--parked", is_flag=True, help="Publish all parked events again.")
def resend(event_ids: Sequence[UUID], parked: bool) -> None:
    """Requeue parked or published events. A running relay publishes them.

    If an id matches no such event, it is reported and the exit status is 1.
    """
    if not event_ids and not parked:
        raise click.UsageError("Either event ids (see: orders outbox list) or --parked must be given.")
    request = ResendEvents(actor=cli_actor(), event_ids=tuple(event_ids), parked=parked)
    resent = _container().resend_events(request)
    click.echo(f"Requeued {resent.requeued} {'event' if resent.requeued == 1 else 'events'}.")
    if resent.missing:
        ids = ", ".join(map(str, resent.missing))
        raise click.ClickException(f"No parked or published event has the id {ids}.")


def _container() -> Container:
    return Container(settings=settings.load())
