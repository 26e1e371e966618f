"""Model of a shop that sells no unit twice, and the commands that run on the model and on the store."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from orders_adapters.testing.examples import ADMIN
from orders_adapters.testing.stores import StockMovement
from orders_domain import OrderStatus
from orders_domain.errors import InsufficientStock, OrdersError
from orders_domain.model.access import OWNER_OR_ADMIN
from orders_domain.model.product import RequestedItem
from orders_domain.model.product_audit import MovementKind
from tests.support.ledger import Ledger, PublishedEvent
from tests.support.shop import Shop

ALLOWED = {
    "PENDING": {"CONFIRMED", "PAID", "SHIPPED", "CANCELED"},
    "CONFIRMED": {"PAID", "SHIPPED", "CANCELED"},
    "PAID": {"SHIPPED", "CANCELED"},
    "SHIPPED": {"DELIVERED"},
    "DELIVERED": set(),
    "CANCELED": set(),
}
"""The lifecycle of CONTRACTS.md, written down independently of the code."""


class Command(Protocol):
    """A command of a user."""

    def run(self, warehouse: Shop) -> object: ...

    def on(self, model: Model) -> object:
        """Apply the command to the model; return the expected outcome."""
        ...


@dataclass
class ModelOrder:
    """An order in the model."""

    status: str
    lines: dict[int, int]
    version: int = 1


@dataclass
class Model:
    """The expected stock, thresholds, orders, movements and events."""

    stock: dict[int, int] = field(default_factory=dict)
    thresholds: dict[int, int] = field(default_factory=dict)
    orders: dict[str, ModelOrder] = field(default_factory=dict)
    movements: Counter[StockMovement] = field(default_factory=Counter)
    published: Counter[PublishedEvent] = field(default_factory=Counter)

    def after(self, *commands: Command) -> tuple[Model, list[object]]:
        """A copy after the commands in succession, and the expected outcome of each."""
        model = deepcopy(self)
        return model, [command.on(model) for command in commands]

    def agrees_with(self, ledger: Ledger) -> bool:
        return (
            ledger.stock == self.stock
            and ledger.statuses == {order_id: order.status for order_id, order in self.orders.items()}
            and ledger.lines == {order_id: order.lines for order_id, order in self.orders.items()}
            and Counter(ledger.movements) == self.movements
            and Counter(ledger.published) == self.published
        )

    def move(self, product: int, kind: str, quantity: int, order: str | None = None) -> None:
        self.stock[product] = self.stock.get(product, 0) + quantity
        movement = StockMovement(
            product_id=product,
            kind=MovementKind(kind),
            quantity=quantity,
            order_id=UUID(order) if order else None,
        )
        self.movements[movement] += 1

    def publish(self, kind: str, order: str) -> None:
        self.published[PublishedEvent(f"orders.order_{kind}.v1", order, self.orders[order].version)] += 1

    def give_back(self, order: str) -> None:
        for product, quantity in self.orders[order].lines.items():
            self.move(product, "released", quantity, order)


@dataclass(frozen=True)
class Place:
    """Order quantities by product; a product may be repeated."""

    order_id: UUID
    quantities: tuple[tuple[int, int], ...]

    def run(self, warehouse: Shop) -> object:
        requested_items = [
            RequestedItem(product_id=product, quantity=quantity) for product, quantity in self.quantities
        ]
        try:
            warehouse.order(requested_items, order_id=self.order_id)
        except InsufficientStock:
            if warehouse.queries.history(self.order_id):  # placed already: either rejection is right
                return "order_exists"
            raise
        return "placed"

    def on(self, model: Model) -> object:
        order = str(self.order_id)
        if order in model.orders:
            return "order_exists"
        lines: Counter[int] = Counter()
        for product, quantity in self.quantities:
            lines[product] += quantity
        short = {
            (product, quantity, model.stock.get(product, 0))
            for product, quantity in lines.items()
            if quantity > model.stock.get(product, 0)
        }
        if short:
            return frozenset(short)
        model.orders[order] = ModelOrder("PENDING", dict(lines))
        model.publish("placed", order)
        for product, quantity in lines.items():
            before, threshold = model.stock[product], model.thresholds[product]
            model.move(product, "deducted", -quantity, order)
            if before > threshold >= model.stock[product]:
                model.published[PublishedEvent("orders.stock_low.v1", order, 1, product, model.stock[product])] += 1
        return "placed"


@dataclass(frozen=True)
class ChangeStatus:
    """Change the status."""

    order_id: UUID
    status: str

    def run(self, warehouse: Shop) -> object:
        return warehouse.change(self.order_id, OrderStatus(self.status), by=ADMIN, access=OWNER_OR_ADMIN).status.value

    def on(self, model: Model) -> object:
        order = model.orders.get(str(self.order_id))
        if order is None or order.status == "DELETED":
            return "order_not_found"
        if order.status == self.status:
            return self.status
        if self.status not in ALLOWED[order.status]:
            return "invalid_transition"
        order.status = self.status
        order.version += 1
        model.publish("canceled" if self.status == "CANCELED" else "status_changed", str(self.order_id))
        # The user is notified because an administrator makes the change.
        model.published[PublishedEvent("orders.user_notification.v1", str(self.order_id), order.version)] += 1
        if self.status == "CANCELED":
            model.give_back(str(self.order_id))
        return self.status


@dataclass(frozen=True)
class Delete:
    """Delete an order."""

    order_id: UUID

    def run(self, warehouse: Shop) -> object:
        warehouse.delete(self.order_id)
        return "deleted"

    def on(self, model: Model) -> object:
        order = model.orders.get(str(self.order_id))
        if order is None or order.status == "DELETED":
            return "order_not_found"
        if order.status != "PENDING":
            return "deletion_not_allowed"
        order.status = "DELETED"
        order.version += 1
        model.publish("deleted", str(self.order_id))
        model.give_back(str(self.order_id))
        return "deleted"


@dataclass(frozen=True)
class Restock:
    """Add a quantity."""

    product: int
    quantity: int

    def run(self, warehouse: Shop) -> object:
        warehouse.restock(self.product, self.quantity)
        return "restocked"

    def on(self, model: Model) -> object:
        if self.product not in model.stock:
            return "product_not_found"
        model.move(self.product, "restocked", self.quantity)
        return "restocked"


@dataclass(frozen=True)
class Adjust:
    """Set the stock and the threshold."""

    product: int
    stock: int
    threshold: int

    def run(self, warehouse: Shop) -> object:
        product = warehouse.adjust(self.product, self.stock, low_stock_threshold=self.threshold)
        return product.stock, product.low_stock_threshold

    def on(self, model: Model) -> object:
        if self.product not in model.stock:
            return "product_not_found"
        was_low = model.stock[self.product] <= model.thresholds[self.product]
        if difference := self.stock - model.stock[self.product]:
            model.move(self.product, "adjusted", difference)
        model.thresholds[self.product] = self.threshold
        if self.stock <= self.threshold and not was_low:
            model.published[PublishedEvent("orders.stock_low.v1", "", 0, self.product, self.stock)] += 1
        return self.stock, self.threshold


def outcome_of(command: Command, warehouse: Shop) -> object:
    """Run the command on the store; return its outcome in the words of the model."""
    try:
        return command.run(warehouse)
    except InsufficientStock as error:
        return frozenset((shortage.product_id, shortage.requested, shortage.available) for shortage in error.shortages)
    except OrdersError as error:
        return error.code
