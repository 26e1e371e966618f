"""The ``orders find`` and ``orders index`` commands."""

import sys
from dataclasses import replace
from uuid import UUID

import click

from orders_domain.errors import StoreContention, StoreUnavailable
from orders_domain.model.access import SHOP
from orders_domain.model.order import Order
from orders_domain.model.order_filter import MAX_PAGE_SIZE, OrderFilter
from orders_domain.model.search.search_text import SearchText
from orders_domain.use_cases import IndexOrders, ListOrders
from orders_domain.use_cases.orders.index_orders import FIRST
from orders_flask import settings
from orders_flask.bootstrap.container import Container
from orders_flask.cli._error_text import error_text
from orders_flask.cli._streaming import INTERRUPTED, GracefulInterrupt, cli_actor
from orders_flask.cli.life.options import amount
from orders_flask.files.lines import printable


@click.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, MAX_PAGE_SIZE), default=20, show_default=True, help="The most orders.")
def find(text: tuple[str, ...], limit: int) -> None:
    """Find orders by TEXT, newest first.

    Each word of TEXT must begin a word of the order's number, reference, customer (name, e-mail address, phone number),
    city, postal code, tracking numbers, skus or tags. Words of one or two letters or digits must be whole.

    \b
    Examples:
      orders find 1042
      orders find ann@example.com
      orders find miller berlin
    """
    search = SearchText(" ".join(text))
    request = ListOrders(actor=cli_actor(), order_filter=OrderFilter(search=search, limit=limit), access=SHOP)
    page = Container(settings=settings.load()).list_orders(request)
    for order in page.orders:
        click.echo("  ".join(_cells(order)))
    if page.next_cursor:
        click.echo(f"There are more than {limit} orders.", err=True)
    elif not page.orders:
        click.echo("No order has these words.", err=True)


def _cells(order: Order) -> tuple[str, ...]:
    return (
        str(order.number),
        f"{order.created_at:%Y-%m-%d %H:%M}",
        order.status.value,
        amount(order, order.total.minor),
        printable(order.reference or "-"),
        printable(order.contact.name or "-"),
    )


@click.command()
@click.option("--from", "start", type=click.UUID, default=FIRST, help="The position of an interrupted run.")
def index(*, start: UUID) -> None:
    """Store anew the words by which orders are found.

    Run it once after the upgrade from a release without the search, when the last process of that release has ended.
    It may run beside the service, be interrupted (Ctrl-C), and be repeated.
    """
    index_orders = Container(settings=settings.load()).index_orders
    request = IndexOrders(actor=cli_actor(), after=start)
    with GracefulInterrupt() as interrupt:
        try:
            while (last := index_orders(request)) is not None:
                request = replace(request, after=last)
                if interrupt.received:
                    click.echo(f"Interrupted; continue with: orders index --from {last}", err=True)
                    sys.exit(INTERRUPTED)
        except (StoreUnavailable, StoreContention) as error:
            text = f"{error_text(error)} Continue with: orders index --from {request.after}"
            raise click.ClickException(text) from error
    click.echo("All orders can be found.")
