"""Shared parts of the commands that change one order: arguments, a dry run, and the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self, TypeVar

import click

from orders_domain.errors import OrderNotFound
from orders_domain.model.life.changes import fulfillment_status, payment_status
from orders_domain.model.order import Order
from orders_domain.model.order_filter import OrderFilter
from orders_domain.model.order_ref import OrderRef, parse_order_ref
from orders_domain.model.values.money import to_major_units
from orders_flask import settings
from orders_flask.bootstrap.container import Container

Command = TypeVar("Command", bound=Callable[..., Any])


class Units(click.ParamType):  # type: ignore[type-arg]  # generic in its stubs only
    """Units of a line: ``2:3`` are three units of line 2, and ``2`` is one."""

    name = "LINE[:QUANTITY]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        number, _, quantity = value.partition(":")
        if not number.isdecimal() or (quantity and not quantity.isdecimal()) or value.endswith(":"):
            self.fail(f"must be LINE or LINE:QUANTITY, such as 2 or 2:3, not {value!r}.", param, ctx)
        return int(number), int(quantity or 1)


def of_order(command: Command) -> Command:
    """Add the argument ORDER and its options, and those of every change."""
    command = click.option("--source", help="The source of the reference: the shop or channel.")(command)
    return click.argument("order")(of_change(command))


def of_change(command: Command) -> Command:
    """Add the options of every change."""
    command = click.option("--dry-run", is_flag=True, help="Check and show the change, and store nothing.")(command)
    return click.option(
        "--version", type=click.IntRange(min=1), help="Change only this version of the order (see orders history)."
    )(command)


def container() -> Container:
    return Container(settings=settings.load())


def order_ref(parts: Container, text: str, source: str | None) -> OrderRef:
    """Return the number or the id of the order.

    Raises:
        ClickException: no order has this reference, or orders of more than one source have it.
    """
    if source is None:
        try:
            return parse_order_ref(text)
        except OrderNotFound:
            pass
    found: Sequence[Order] = parts.queries().search(OrderFilter(reference=text, source=source)).orders
    if len(found) == 1:
        return found[0].id
    if found:
        sources = ", ".join(sorted(str(order.source) for order in found))
        raise click.ClickException(f"Several orders have the reference {text!r}; --source must be one of {sources}.")
    raise click.ClickException(f"There is no order with the number, id or reference {text!r}.")


def units_by_line(lines: tuple[tuple[int, int], ...]) -> dict[int, int] | None:
    """Return the quantities by line, added up; None without lines."""
    units: dict[int, int] = {}
    for number, quantity in lines:
        units[number] = units.get(number, 0) + quantity
    return units or None


def changed(parts: Container, use_case: Callable[..., Order], request: Any, *, dry_run: bool) -> Order:
    """Return the changed order, and print its status and axes to standard error. A dry run is rolled back."""
    ports: dict[str, Any] = {"uow": _RolledBack(parts.uow())} if dry_run else {}
    order = use_case(request, **ports)
    click.echo(f"{'Would change' if dry_run else 'Changed'} {described(order)}", err=True)
    return order


def described(order: Order) -> str:
    named = f"order {order.number}" + (f" ({order.reference})" if order.reference else "")
    axes = f"payment {payment_status(order).value}, fulfilment {fulfillment_status(order).value}"
    held = f", held: {order.life.hold.reason}" if order.life.hold else ""
    return f"{named}: {order.status.value}, {axes}, version {order.version}{held}"


def amount(order: Order, minor: int) -> str:
    return f"{to_major_units(minor, order.total.currency)} {order.total.currency}"


def versions(version: int | None) -> frozenset[int] | None:
    return None if version is None else frozenset({version})


class _RolledBack:
    """A unit of work whose commit does nothing, so that leaving it rolls everything back."""

    def __init__(self, uow: Any) -> None:
        self._uow = uow

    def __getattr__(self, name: str) -> Any:
        return getattr(self._uow, name)

    def __enter__(self) -> Self:
        self._uow.__enter__()
        return self

    def __exit__(self, *error: object) -> Any:
        return self._uow.__exit__(*error)

    def commit(self) -> None:
        """Commit nothing."""
