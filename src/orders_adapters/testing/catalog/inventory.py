"""Products with stock in a store under test, and a ledger that compares the stock with its movements."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self, TypeVar
from uuid import UUID

from orders_adapters.testing.examples import ADA, ADMIN, NOON, new_id, only
from orders_adapters.testing.stores import StockMovement, StoreHarness
from orders_domain import Money, Order, OrderStatus, Origin
from orders_domain.errors import StoreContention
from orders_domain.model.order_filter import OrderFilter
from orders_domain.model.product import NewProduct, OrderLine, Product, ProductId
from orders_domain.model.product_audit import MovementKind
from orders_domain.model.product_filter import ProductFilter
from orders_domain.ports.outbox import OutboxMessage
from orders_domain.ports.unit_of_work import UnitOfWork

PRICE = Money(250, "USD")
MAX_ATTEMPTS = 50

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StockLedger:
    """Everything that a stock change may touch: stock by product, movements, orders and events."""

    stock: Mapping[ProductId, int]
    movements: tuple[StockMovement, ...]
    orders: tuple[Order, ...]
    events: tuple[OutboxMessage, ...]

    @classmethod
    def of(cls, store: StoreHarness) -> Self:
        return cls(
            stock={product.id: product.stock for product in store.catalog.search(ProductFilter()).products},
            movements=tuple(store.stock_movements()),
            orders=store.queries.search(OrderFilter()).orders,
            events=tuple(store.events()),
        )

    def require_agreement(self) -> None:
        """Assert that the stock is the sum of its movements, never below zero, and that orders agree with both."""
        running: dict[ProductId, int] = defaultdict(int)
        for movement in self.movements:
            running[movement.product_id] += movement.quantity
            assert running[movement.product_id] >= 0, movement
        assert dict(running) == dict(self.stock)
        assert Counter(movement for movement in self.movements if movement.order_id) == self._expected()

    def _expected(self) -> Counter[StockMovement]:
        expected: Counter[StockMovement] = Counter()
        for order in self.orders:
            for line in order.lines:
                moved = StockMovement(
                    product_id=line.product_id,
                    kind=MovementKind.DEDUCTED,
                    quantity=-line.quantity,
                    order_id=order.id,
                )
                expected[moved] += 1
                if order.status is OrderStatus.CANCELED:
                    expected[replace(moved, kind=MovementKind.RELEASED, quantity=line.quantity)] += 1
        return expected


@dataclass(frozen=True, slots=True)
class Inventory:
    """Stock changes of one store, each in a unit of work of its own; every method is thread-safe."""

    store: StoreHarness

    def commit(self, step: Callable[[UnitOfWork], T]) -> T:
        """Run the step and commit; repeat both if the store rolled them back because of another transaction."""
        for _ in range(MAX_ATTEMPTS):
            try:
                with self.store.unit_of_work() as uow:
                    result = step(uow)
                    uow.commit()
                    return result
            except StoreContention as error:
                last = error
        raise last

    def ledger(self) -> StockLedger:
        return StockLedger.of(self.store)

    def get(self, product_id: ProductId) -> Product:
        return self.store.catalog.get(product_id)

    def all(self) -> tuple[Product, ...]:
        return tuple(self.store.catalog.search(ProductFilter()).products)

    def stocked(self, *stocks: int, threshold: int = 0) -> list[ProductId]:
        """New products with these stocks."""
        return [self.add(stock=stock, threshold=threshold).id for stock in stocks]

    def add(self, *, stock: int, threshold: int = 0, sku: str | None = None) -> Product:
        sku = sku or f"SKU-{new_id().hex}"
        product = NewProduct(sku=sku, name=f"Name of {sku}", price=PRICE, stock=stock, low_stock_threshold=threshold)
        return self.commit(lambda uow: uow.products.add(product, by=ADMIN, at=NOON))

    def adjust(self, product_id: ProductId, **changes: Any) -> Product:
        """Change attributes of the product, as an administrator does."""
        return self.commit(
            lambda uow: uow.products.save(
                replace(uow.products.get_for_update(product_id), **changes), by=ADMIN, at=NOON
            )
        )

    def restock(self, product_id: ProductId, quantity: int) -> Product:
        return self.commit(lambda uow: uow.stock.restock(product_id, quantity, by=ADMIN, at=NOON))

    def deduct(self, order: Order) -> list[Product]:
        """Store the order and deduct its quantities; return the products that became low."""

        def step(uow: UnitOfWork) -> list[Product]:
            uow.orders.add(order)
            return list(uow.stock.deduct(order, by=ADA, at=NOON))

        return self.commit(step)

    def order(self, quantities: Mapping[ProductId, int]) -> Order:
        """A stored order whose quantities are deducted."""
        order = order_of(quantities)
        self.deduct(order)
        return order

    def release(self, order: Order) -> None:
        self.commit(lambda uow: uow.stock.release(order, by=ADA, at=NOON))

    def cancel(self, order_id: UUID) -> None:
        """Cancel the order and release its stock."""

        def step(uow: UnitOfWork) -> None:
            order = uow.orders.get_for_update(order_id)
            order.change_status(only(OrderStatus.CANCELED), by=ADA, at=NOON)
            uow.orders.save(order)
            uow.stock.release(order, by=ADA, at=NOON)

        self.commit(step)


def order_of(quantities: Mapping[ProductId, int]) -> Order:
    """A new order with quantities by product, each at the same price; it is not stored."""
    lines = [
        OrderLine(product_id=product_id, quantity=quantity, unit_price=PRICE)
        for product_id, quantity in quantities.items()
    ]
    total = Money(sum(line.subtotal.minor for line in lines), PRICE.currency)
    return Order.place(order_id=new_id(), origin=Origin.ORDERS, lines=lines, total=total, by=ADA, at=NOON)
