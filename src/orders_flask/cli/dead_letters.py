"""The ``orders dead-letters`` commands: list and resend."""

from collections.abc import Sequence

import click

from orders_domain.use_cases import ListDeadLetters, ResendDeadLetters
from orders_flask import settings
from orders_flask.bootstrap.container import Container
from orders_flask.cli._streaming import cli_actor
from orders_flask.files.lines import printable
from orders_flask.settings import InvalidSetting

_WIDTH = 200
"""The characters of a body that a line shows."""


@click.group()
def dead_letters() -> None:
    """Look at messages that consumers rejected, and resend them.

    These are carriers' events (TRACKING_QUEUE) and payment providers' facts (PAYMENTS_QUEUE) in RabbitMQ.
    """


@dead_letters.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Of each queue.")
def show(limit: int) -> None:
    """List the first dead letters of each queue; they stay where they are.

    Columns: id, queue, bytes, reason and the beginning of the body, separated by tabs.
    """
    found = _container().list_dead_letters(ListDeadLetters(actor=cli_actor(), limit=limit))
    for letter in found.letters:
        body = printable(" ".join(letter.excerpt.split())[:_WIDTH])
        click.echo("\t".join([letter.id, letter.queue, str(letter.size), printable(letter.reason or "-"), body]))
    shown = f", {len(found.letters)} shown" if len(found.letters) < found.total else ""
    click.echo(f"{found.total} {'dead letter' if found.total == 1 else 'dead letters'}{shown}.", err=True)


@dead_letters.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Resend all that there are now.")
def resend(ids: Sequence[str], everything: bool) -> None:
    """Return dead letters to the queues they came from.

    A running consumer receives them again. Messages with the same body have the same id. A message that was applied
    meanwhile has no effect. If none of the ids is one of a dead letter, the exit status is 1.
    """
    if bool(ids) == everything:
        raise click.UsageError("Either ids (see: orders dead-letters list) or --all must be given.")
    request = ResendDeadLetters(actor=cli_actor(), ids=None if everything else frozenset(ids))
    resent = _container().resend_dead_letters(request)
    if ids and not resent:
        raise click.ClickException("No dead letter has one of these ids.")
    click.echo(f"Resent {resent} {'message' if resent == 1 else 'messages'}.")


def _container() -> Container:
    read = settings.load()
    if read.message_broker != "rabbitmq":
        raise InvalidSetting(
            "MESSAGE_BROKER must be rabbitmq; the dead letters of Kafka are in the topics "
            f"{read.tracking_topic}.dlq and {read.payments_topic}.dlq."
        )
    if not read.rabbitmq_url:
        raise InvalidSetting("RABBITMQ_URL must be set.")
    return Container(settings=read)
