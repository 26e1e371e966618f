"""Directory with an embedded database, and helpers to fill and read it."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orders_domain import Actor, CustomItem, Money
from orders_domain.model.address import Address
from orders_domain.model.product import NewProduct, RequestedItem
from orders_domain.use_cases import PlaceCatalogOrder, PlaceOrder
from orders_flask import Settings
from orders_flask.bootstrap.container import Container, close
from tests.support.command import Ended, environment, orders
from tests.support.process_pool import Forked


@dataclass(frozen=True)
class Shop:
    """The migrated embedded database of a directory."""

    here: Path

    def run(self, *arguments: str, given: str = "", **settings: str) -> Ended:
        return orders(*arguments, here=self.here, given=given, **settings)

    def run_onto_a_full_disk(self, *arguments: str, given: str = "") -> "subprocess.CompletedProcess[str]":
        with Path("/dev/full").open("wb") as full:
            return subprocess.run(
                command(*arguments), cwd=self.here, env=environment(PYTHONUNBUFFERED=""), input=given, text=True,
                timeout=60, stdout=full, stderr=subprocess.PIPE,
            )  # fmt: skip

    def within(self, does: Callable[[Container], Any]) -> Any:
        container = Container(settings=Settings(database_url=f"sqlite:///{self.here}/orders.db"))
        try:
            return does(container)
        finally:
            close(container)

    def place(self, number: int = 1, *, by: str = "ann") -> None:
        """Place orders of a custom item."""
        tea = CustomItem({"sku": "TEA-1", "quantity": 2, "unit_price": 37.5})
        placing = PlaceOrder(actor=Actor(subject=by), items=(tea,), total=Money(7500, "USD"))
        self.within(lambda container: [container.place_order(placing) for _ in range(number)])

    def order_products(self, *names: str, by: str = "ann", city: str = "London") -> None:
        """Order two units of each of the new products."""
        address = Address(line1="1 Lane", city=city, state="LDN", postal_code="W1", country="GB")

        def order(container: Container) -> None:
            requested_items = []
            with container.uow() as uow:
                for name in names:
                    new = NewProduct(sku=f"SKU-{name}", name=name, price=Money(350, "USD"), stock=9)
                    product = uow.products.add(new, by=Actor(subject="root"), at=container.clock()())
                    requested_items.append(RequestedItem(product_id=product.id, quantity=2))
                uow.commit()
            request = PlaceCatalogOrder(
                actor=Actor(subject=by), requested_items=tuple(requested_items), address=address
            )
            container.place_catalog_order(request)

        self.within(order)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.here / "orders.db")) as connection, connection:
            return connection.execute(query).fetchall()


def command(*arguments: str) -> Sequence[str]:
    return [sys.executable, "-m", "orders_flask", *arguments]


def interrupted(
    *arguments: str, here: Path, when: Callable[[], bool], number: signal.Signals = signal.SIGINT, **settings: str
) -> Ended:
    """Run `orders` in a separate process until the condition holds, then send SIGINT as Ctrl-C does."""
    output, errors = here / "interrupted.out", here / "interrupted.err"
    for file in (output, errors):
        file.unlink(missing_ok=True)
    process = Forked(arguments, environment(**settings), output, errors=errors, here=here)
    deadline = time.monotonic() + 40
    while not when():
        assert process.poll() is None, errors.read_text()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(number)
    return Ended(returncode=process.wait(40), stdout=output.read_text(), stderr=errors.read_text())
