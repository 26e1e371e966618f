"""The ``orders users export`` and ``orders users erase`` commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import click

from orders_domain.errors import OrdersError
from orders_domain.use_cases import ErasePersonalData, ErasureStep, ExportPersonalData
from orders_flask import settings
from orders_flask.bootstrap import open_private
from orders_flask.bootstrap.container import Container
from orders_flask.cli._error_text import error_text
from orders_flask.cli._streaming import INTERRUPTED, GracefulInterrupt, cli_actor

_email = click.argument("email", required=False)
_id = click.option("--id", "user_id", help="The subject (sub) of the person's tokens, instead of an e-mail address.")


@click.command()
@_email
@_id
@click.option(
    "--output", "file", type=click.Path(path_type=Path), required=True, help="The file; - is standard output."
)
def export(email: str | None, user_id: str | None, file: Path) -> None:
    """Write everything about a person to a file, as JSON.

    The person is the user with the account of EMAIL or with the id. Orders without a user, such as those of guests,
    belong to the person if their contact has the e-mail address. Orders of other users do not, whatever their contact.

    The file has the account, the orders with their histories, and all other records. It has no password and no name
    of those who worked on the orders. Only you can read it (mode 0600). An interrupted export leaves no file.

    \b
    Examples:
      orders users export ann@example.com --output ann.json
      orders users export --id 7c9e6679-7425-40de-944b-e07fc1f90ae7 --output - | jq .orders
    """
    container = Container(settings=settings.load())
    request = ExportPersonalData(actor=cli_actor(), email=email, user_id=user_id)
    pieces = container.personal_data_document(container.export_personal_data(request))
    if str(file) == "-":
        _write(sys.stdout.buffer, pieces)
        return
    _to_file(file, pieces)


@click.command()
@_email
@_id
@click.option("--dry-run", is_flag=True, help="Say what would be erased, and erase nothing.")
@click.option("--include-open", is_flag=True, help="Erase open orders, too; their parcels lose the address.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(email: str | None, user_id: str | None, dry_run: bool, include_open: bool, yes: bool) -> None:
    """Erase the personal data of a person. It cannot be undone.

    The person is found as by "orders users export"; export first if the data may still be needed.

    The account is deleted, and all tokens are revoked at once. Names, addresses, e-mail addresses, phone numbers and
    free texts are removed from the orders, their histories and the events that wait. Amounts, quantities, products,
    statuses and references of payments are kept for the books.

    An order is open while units are to be shipped or to come back, or a refund is to be made. If an order is open,
    nothing is erased unless --include-open is given.

    The erasure is done in small steps. If it is interrupted, run the command again with the same arguments. After
    the restore of a backup, run it again for everybody who was erased since.

    \b
    Examples:
      orders users erase ann@example.com --dry-run
      orders users erase ann@example.com --yes
    """
    container = Container(settings=settings.load())
    if not dry_run and not yes:
        click.confirm(f"Erase the personal data of {email or user_id}?", abort=True, err=True)
    request = ErasePersonalData(
        actor=cli_actor(), email=email, user_id=user_id, dry_run=dry_run, include_open=include_open
    )
    step = ErasureStep(counts={})
    with GracefulInterrupt() as interrupt:
        for step in interrupt.until(container.erase_personal_data(request)):
            if sys.stderr.isatty():
                click.echo(f"\r{_text(step)}", err=True, nl=False)
    if sys.stderr.isatty():
        click.echo(err=True)
    click.echo(f"{'Would erase' if dry_run else 'Erased'}: {_text(step)}.")
    if not step.is_complete:
        click.echo("Interrupted. Run the command again to erase the rest.", err=True)
        sys.exit(INTERRUPTED)


def _text(step: ErasureStep) -> str:
    parts = (f"{kind.replace('_', ' ')}s: {count:,}" for kind, count in sorted(step.counts.items()))
    return ", ".join(parts) or "nothing"


def _to_file(path: Path, pieces: Iterator[bytes]) -> None:
    """Write a private file beside the final one, and rename it when it is complete."""
    part = path.with_name(path.name + ".part")
    if path.exists():
        raise click.ClickException(f"{path} exists already; name another file, or delete it.")
    with GracefulInterrupt() as interrupt:
        complete = _complete(path, part, interrupt.until(pieces), lambda: not interrupt.received)
    if not complete:
        click.echo("Interrupted. No file was written.", err=True)
        sys.exit(INTERRUPTED)
    click.echo(f"Wrote {path}.", err=True)


def _complete(path: Path, part: Path, pieces: Iterator[bytes], is_complete: Callable[[], bool]) -> bool:
    """Write the file and return whether it is complete; otherwise nothing is left of it."""
    try:
        file = open_private(part, "xb")
    except OSError as error:
        raise click.ClickException(f"{part} cannot be written: {error.strerror}.") from error
    try:
        with file:
            _write(file, pieces)
            os.fsync(file.fileno())
        if is_complete():
            part.rename(path)
    except (OrdersError, OSError) as error:
        raise click.ClickException(f"{error_text(error).rstrip('.')}. No file was written.") from error
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
    return path.exists()


def _write(file: BinaryIO, pieces: Iterator[bytes]) -> None:
    file.writelines(pieces)
    file.flush()
