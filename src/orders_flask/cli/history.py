"""The ``orders history`` command."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click

from orders_domain.model.accounts.actor import Actor, Role
from orders_domain.model.history import HistoryEntry
from orders_domain.model.order_ref import parse_order_ref
from orders_domain.use_cases import GetOrderHistory
from orders_flask import settings
from orders_flask.bootstrap.container import Container
from orders_flask.files.lines import printable

_COLUMNS = ("version", "at", "event", "from", "to", "actor", "role", "request id", "reason")


@click.command()
@click.argument("order")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array that includes the details of each change.")
def history(order: str, as_json: bool) -> None:
    """Show every change of ORDER, oldest first.

    ORDER is an order's number or id. Deleted orders have a history, too.

    \b
    Example:
      orders history 1042
    """
    operator = Actor(subject="orders history", role=Role.ADMIN)
    request = GetOrderHistory(actor=operator, order_id=parse_order_ref(order))
    entries = Container(settings=settings.load()).get_order_history(request)
    if as_json:
        click.echo(json.dumps([_complete(entry) for entry in entries], ensure_ascii=False, indent=2, default=dict))
    else:
        click.echo(_table([_cells(entry) for entry in entries]))


def _complete(entry: HistoryEntry) -> Mapping[str, Any]:
    return {
        "order_id": str(entry.order_id),
        "version": entry.version,
        "at": entry.at.isoformat(),
        "event": entry.kind,
        "from_status": entry.from_status.value if entry.from_status else None,
        "to_status": entry.to_status.value,
        "actor": entry.actor,
        "role": entry.role.value,
        "request_id": entry.request_id,
        "details": entry.details,
    }


def _cells(entry: HistoryEntry) -> Sequence[str]:
    return (
        str(entry.version),
        f"{entry.at:%Y-%m-%d %H:%M:%S}",
        entry.kind,
        entry.from_status.value if entry.from_status else "-",
        entry.to_status.value,
        printable(entry.actor),
        entry.role.value,
        printable(entry.request_id or "-"),
        printable(str(entry.details.get("reason") or "-")),
    )


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = [_COLUMNS, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
