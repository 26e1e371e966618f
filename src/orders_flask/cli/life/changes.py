"""The commands ``orders refund``, ``orders ship``, ``orders hold`` and ``orders release``."""

from decimal import Decimal, InvalidOperation
from typing import Any

import click

from orders_domain.model.access import SHOP
from orders_domain.model.values.money import Money
from orders_domain.use_cases import GetOrder, HoldOrder, ReleaseOrder, RequestRefund, ShipUnits
from orders_flask.bootstrap.container import Container
from orders_flask.cli._streaming import cli_actor
from orders_flask.cli.life.options import (
    Units,
    amount,
    changed,
    container,
    of_order,
    order_ref,
    units_by_line,
    versions,
)


@click.command()
@of_order
@click.option("--amount", "major", help="The amount in major units of the order's currency, such as 12.50.")
@click.option("--line", "lines", type=Units(), multiple=True, help="Units at their share of the total; repeatable.")
@click.option("--charge", "charges", type=int, multiple=True, help="The number of a charge; repeatable.")
@click.option("--reason", required=True, help="The reason, up to 200 characters.")
def refund(
    order: str,
    source: str | None,
    version: int | None,
    dry_run: bool,
    major: str | None,
    lines: tuple[tuple[int, int], ...],
    charges: tuple[int, ...],
    reason: str,
) -> None:
    """Ask for a refund of an amount, or of units and charges of ORDER.

    ORDER is an order's number or id, or the shop's own reference; with --source always the reference.

    The service moves no money: the event orders.refund_requested.v1 asks the payment service, and its fact settles
    the refund. At most what is captured and neither refunded nor asked for can be refunded. The id of the refund is
    printed.

    \b
    Examples:
      orders refund 1042 --line 1:2 --charge 1 --reason "It broke." --dry-run
      orders refund 1042 --amount 12.50 --reason "A scratch."
    """
    parts = container()
    common = _common(parts, order, source, version)
    request = RequestRefund(
        **common, reason=reason, amount_minor=_minor(parts, common, major), lines=units_by_line(lines), charges=charges
    )
    after = changed(parts, parts.request_refund, request, dry_run=dry_run)
    requested = after.life.refunds[-1]
    click.echo(f"Refund: {amount(after, requested.amount_minor)}", err=True)
    click.echo(f"Left to refund: {amount(after, after.life.totals.refundable)}", err=True)
    if not dry_run:
        click.echo(requested.id)


@click.command()
@of_order
@click.option("--line", "lines", type=Units(), multiple=True, help="Units to ship, by default all open; repeatable.")
@click.option("--carrier", help="The carrier, such as DHL.")
@click.option("--tracking-number", help="The carrier's number of the parcel.")
def ship(
    order: str,
    source: str | None,
    version: int | None,
    dry_run: bool,
    lines: tuple[tuple[int, int], ...],
    carrier: str | None,
    tracking_number: str | None,
) -> None:
    """Ship open units of ORDER in one parcel.

    ORDER is an order's number or id, or the shop's own reference; with --source always the reference.

    Without --line every open unit is shipped. The order is SHIPPED as soon as no unit is open. The id of the
    shipment is printed.

    \b
    Examples:
      orders ship 1042 --line 1:2 --line 3 --carrier DHL --tracking-number JD0002
      orders ship R-17 --source shop --dry-run
    """
    parts = container()
    request = ShipUnits(
        **_common(parts, order, source, version),
        lines=units_by_line(lines),
        carrier=carrier,
        tracking_number=tracking_number,
    )
    after = changed(parts, parts.ship_units, request, dry_run=dry_run)
    parcel = after.life.shipments[-1]
    units = ", ".join(f"{quantity} of line {number}" for number, quantity in parcel.lines)
    click.echo(f"Parcel {parcel.number}: {units}", err=True)
    if not dry_run:
        click.echo(parcel.id)


@click.command()
@of_order
@click.option("--reason", required=True, help="The reason, up to 200 characters; every refusal shows it.")
def hold(order: str, source: str | None, version: int | None, dry_run: bool, reason: str) -> None:
    """Hold ORDER: it is not confirmed, cancelled or shipped until it is released.

    ORDER is an order's number or id, or the shop's own reference; with --source always the reference.

    A held order does not expire, either.

    \b
    Example:
      orders hold 1042 --reason "The address is to be checked."
    """
    parts = container()
    request = HoldOrder(**_common(parts, order, source, version), reason=reason)
    changed(parts, parts.hold_order, request, dry_run=dry_run)


@click.command()
@of_order
def release(order: str, source: str | None, version: int | None, dry_run: bool) -> None:
    """Release ORDER from its hold.

    ORDER is an order's number or id, or the shop's own reference; with --source always the reference.

    \b
    Example:
      orders release 1042
    """
    parts = container()
    changed(parts, parts.release_order, ReleaseOrder(**_common(parts, order, source, version)), dry_run=dry_run)


def _common(parts: Container, order: str, source: str | None, version: int | None) -> dict[str, Any]:
    return {"actor": cli_actor(), "order_id": order_ref(parts, order, source), "versions": versions(version)}


def _minor(parts: Container, common: dict[str, Any], major: str | None) -> int | None:
    """Return the amount in minor units of the order's currency.

    Raises:
        UsageError: it is not a decimal number.
        InvalidValue: it is negative, or has more decimals than the currency.
    """
    if major is None:
        return None
    try:
        value = Decimal(major)
    except InvalidOperation:
        raise click.UsageError(f"--amount must be a decimal number such as 12.50, not {major!r}.") from None
    order = parts.get_order(GetOrder(actor=common["actor"], order_id=common["order_id"], access=SHOP))
    return Money.of(value, order.total.currency, field="--amount").minor
