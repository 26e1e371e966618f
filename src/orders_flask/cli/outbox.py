"""orders outbox list, orders outbox resend"""

from collections.abc import Sequence
from uuid import UUID

import click

from orders_domain.ports.outbox import OutboxState
from orders_flask import settings
from orders_flask.bootstrap.container import Container

_STATES = [state.value for state in OutboxState]


@click.group()
def outbox() -> None:
    """List events to be published; publish parked ones again."""


@outbox.command("list")
@click.option(
    "--state",
    "states",
    type=click.Choice(_STATES),
    multiple=True,
    default=("waiting", "parked"),
    show_default=True,
    help="May be given several times.",
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
def show(states: Sequence[str], limit: int) -> None:
    """List events, oldest first.

    Each line has state, attempts, time, type, order, version, id and the last refusal.
    """
    found = _container().outbox().select(states=frozenset(map(OutboxState, states)), limit=limit)
    for one in found:
        event = one.event
        click.echo(
            f"{one.state.value:8} {one.attempts:3}  {event.at:%Y-%m-%d %H:%M:%S}  {event.type:32} "
            f"{event.order_id} v{event.version}  {event.id}  {one.last_error or ''}".rstrip()
        )
    click.echo(f"{len(found)} {'event' if len(found) == 1 else 'events'}: {', '.join(states)}.", err=True)


@outbox.command()
@click.argument("event_ids", type=click.UUID, nargs=-1)
@click.option("--parked", is_flag=True, help="All parked events.")
def resend(event_ids: Sequence[UUID], parked: bool) -> None:
    """Let parked or already sent events leave once more. A running relay sends them.

    Ids that no such event has are named; the exit status is then 1.
    """
    if not event_ids and not parked:
        raise click.UsageError("Name the ids of events (see: orders outbox list), or give --parked.")
    container = _container()
    there = container.outbox()
    ids = dict.fromkeys(event_ids)
    missing = [str(one) for one in ids if not there.requeue([one], now=container.clock()())]
    count = len(ids) - len(missing)
    while parked and (found := there.select(states=frozenset({OutboxState.PARKED}))):
        count += there.requeue([one.event.id for one in found], now=container.clock()())
    click.echo(f"{count} {'event waits' if count == 1 else 'events wait'} to be sent again.")
    if missing:
        raise click.ClickException(f"No parked or sent event has the id {', '.join(missing)}.")


def _container() -> Container:
    return Container(settings=settings.load())
