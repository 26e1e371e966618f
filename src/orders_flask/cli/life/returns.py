"""The ``orders return`` commands: authorize, receive and refuse."""

from uuid import UUID

import click

from orders_domain.use_cases import AuthorizeReturn, ReceiveReturn, RefuseReturn
from orders_flask.cli._streaming import cli_actor
from orders_flask.cli.life.options import Units, changed, container, of_change, of_order, order_ref, versions
from orders_flask.cli.life.options import units_by_line as by_line


@click.group()
def returns() -> None:
    """Authorize, receive and refuse returns of shipped units."""


@returns.command("authorize")
@of_order
@click.option("--line", "lines", type=Units(), multiple=True, required=True, help="Units that may come; repeatable.")
@click.option("--reason", required=True, help="The reason, up to 200 characters.")
def authorize(
    order: str,
    source: str | None,
    version: int | None,
    dry_run: bool,
    lines: tuple[tuple[int, int], ...],
    reason: str,
) -> None:
    """Authorize shipped units of ORDER to come back.

    ORDER is an order's number or id, or the shop's own reference; with --source always the reference.

    The id of the return is printed; the other commands need it.

    \b
    Example:
      orders return authorize 1042 --line 1:2 --reason "It does not fit."
    """
    parts = container()
    request = AuthorizeReturn(
        actor=cli_actor(),
        order_id=order_ref(parts, order, source),
        versions=versions(version),
        lines=by_line(lines) or {},
        reason=reason,
    )
    after = changed(parts, parts.authorize_return, request, dry_run=dry_run)
    if not dry_run:
        click.echo(after.life.returns[-1].id)


@returns.command("receive")
@click.argument("return_id", metavar="RETURN", type=click.UUID)
@of_change
@click.option("--line", "lines", type=Units(), multiple=True, help="Units to restock; repeatable.")
@click.option("--write-off", "lost", type=Units(), multiple=True, help="Units that cannot be sold again; repeatable.")
def receive(
    return_id: UUID,
    version: int | None,
    dry_run: bool,
    lines: tuple[tuple[int, int], ...],
    lost: tuple[tuple[int, int], ...],
) -> None:
    """Receive units of RETURN, all at once or in parts.

    The stock of products has the units of --line again, once. It moves no money: see orders refund.

    \b
    Example:
      orders return receive 0190c5a2-8a3e-7bb0-a6dd-0f1f0c1f2a11 --line 1 --write-off 1
    """
    parts = container()
    restocked, written_off = by_line(lines) or {}, by_line(lost) or {}
    received = tuple(
        (number, quantity, is_restocked)
        for units, is_restocked in ((restocked, True), (written_off, False))
        for number, quantity in units.items()
    )
    request = ReceiveReturn(actor=cli_actor(), return_id=return_id, versions=versions(version), received=received)
    after = changed(parts, parts.receive_return, request, dry_run=dry_run)
    [known] = (known for known in after.life.returns if known.id == str(return_id))
    open_units = ", ".join(f"{quantity} of line {number}" for number, quantity in known.open_units.items())
    click.echo(f"Still to come: {open_units or 'nothing'}", err=True)


@returns.command("refuse")
@click.argument("return_id", metavar="RETURN", type=click.UUID)
@of_change
@click.option("--reason", required=True, help="The reason, up to 200 characters.")
def refuse(return_id: UUID, version: int | None, dry_run: bool, reason: str) -> None:
    """Refuse the units of RETURN that have not come.

    The units that were received stay received.

    \b
    Example:
      orders return refuse 0190c5a2-8a3e-7bb0-a6dd-0f1f0c1f2a11 --reason "The time to return it is over."
    """
    parts = container()
    request = RefuseReturn(actor=cli_actor(), return_id=return_id, versions=versions(version), reason=reason)
    changed(parts, parts.refuse_return, request, dry_run=dry_run)
