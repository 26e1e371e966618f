"""The commands ``orders products ledger`` and ``orders products history``."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click

from orders_domain.model.product import parse_product_id
from orders_domain.model.product_audit import ProductChange, StockMovement
from orders_domain.use_cases import GetProductHistory, ListStockMovements
from orders_flask import settings
from orders_flask.bootstrap.container import Container
from orders_flask.cli._streaming import cli_actor

_limit = click.option("--limit", type=click.IntRange(1, 1_000_000), default=100, show_default=True)
PAGE = 1_000


@click.command()
@click.argument("product")
@_limit
def ledger(product: str, limit: int) -> None:
    """Print the stock movements of PRODUCT as JSON lines.

    PRODUCT is a product's number. The newest movement is first; each has the stock after it,
    its order and its actor.

    \b
    Example:
      orders products ledger 17 --limit 20
    """
    use_case = Container(settings=settings.load()).list_stock_movements
    _print(_movements(use_case, parse_product_id(product), limit))


@click.command("history")
@click.argument("product")
@_limit
def product_history(product: str, limit: int) -> None:
    """Print the changes of PRODUCT as JSON lines.

    They are the changes by administrators, newest first.

    \b
    Example:
      orders products history 17
    """
    use_case = Container(settings=settings.load()).get_product_history
    _print(_changes(use_case, parse_product_id(product), limit))


def _movements(use_case: Callable[..., Any], product_id: int, left: int) -> Iterator[Mapping[str, Any]]:
    def page(limit: int, cursor: Any) -> tuple[Sequence[Any], Any]:
        request = ListStockMovements(actor=cli_actor(), product_id=product_id, limit=limit, cursor=cursor)
        found = use_case(request)
        return found.movements, found.next_cursor

    return map(_movement, _entries(page, left))


def _changes(use_case: Callable[..., Any], product_id: int, left: int) -> Iterator[Mapping[str, Any]]:
    def page(limit: int, before: Any) -> tuple[Sequence[Any], Any]:
        request = GetProductHistory(actor=cli_actor(), product_id=product_id, limit=limit, before=before)
        found = use_case(request)
        return found.changes, found.next_before

    return map(_change, _entries(page, left))


def _entries(page: Callable[[int, Any], tuple[Sequence[Any], Any]], left: int) -> Iterator[Any]:
    """Return at most ``left`` entries, page by page; ``page`` takes a limit and the position before it."""
    position = None
    while left:
        entries, position = page(min(left, PAGE), position)
        yield from entries
        left -= len(entries)
        if position is None:
            return


def _movement(movement: StockMovement) -> Mapping[str, Any]:
    return {
        "at": movement.at.isoformat(),
        "kind": movement.kind.value,
        "quantity": movement.quantity,
        "stock_after": movement.stock,
        "order": movement.order_number,
        "order_id": movement.order_id and str(movement.order_id),
        "actor": movement.actor,
    }


def _change(change: ProductChange) -> Mapping[str, Any]:
    return {
        "version": change.version,
        "at": change.at.isoformat(),
        "event": change.kind.value,
        "actor": change.actor,
        "role": change.role.value,
        "request_id": change.request_id,
        "changes": change.changes,
    }


def _print(lines: Iterator[Mapping[str, Any]]) -> None:
    for line in lines:
        click.echo(json.dumps(line, default=dict))  # ASCII, so that no text of a client controls the terminal
