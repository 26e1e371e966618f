"""Shop: the use cases on one store, bound as the container binds them; in memory or on a database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy import Engine, text

from orders_adapters.memory.event_publisher import InMemoryEventPublisher
from orders_adapters.memory.order_cache import InMemoryOrderCache, NullOrderCache
from orders_adapters.memory.order_queries import InMemoryOrderQueries
from orders_adapters.memory.outbox import InMemoryOutbox
from orders_adapters.memory.product_catalog import InMemoryProductCatalog
from orders_adapters.memory.store import InMemoryStore
from orders_adapters.memory.unit_of_work import InMemoryUnitOfWork
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.sql.outbox.repository import SqlOutbox
from orders_adapters.sql.product_catalog import SqlProductCatalog
from orders_adapters.sql.retry import retry_on_contention
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_adapters.system.clock import now
from orders_adapters.testing.catalog.inventory import PRICE
from orders_adapters.testing.examples import ADA, ADMIN, TOTAL, Clock, items, new_id, only
from orders_domain import AccessPolicy, Actor, Money, Order, OrderStatus, use_cases
from orders_domain.model.access import ADMIN_ONLY, OWNER_ONLY, OWNER_ONLY_HIDDEN, OWNER_OR_ADMIN
from orders_domain.model.address import Address
from orders_domain.model.order_filter import OrderFilter, Page
from orders_domain.model.product import NewProduct, Product, ProductId, RequestedItem
from orders_domain.ports.clock import Clock as ClockPort
from orders_domain.ports.direct_placement import DirectPlacement
from orders_domain.ports.event_publisher import EventPublisher
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.order_queries import OrderQueries
from orders_domain.ports.outbox import Outbox, OutboxMessage, OutboxState
from orders_domain.ports.product_catalog import ProductCatalog
from orders_domain.ports.unit_of_work import UnitOfWork
from tests.support import ledger
from tests.support.ledger import Ledger

HOME = Address(line1="12 Hill Road", city="Leeds", state="Yorkshire", postal_code="LS1", country="UK")

P = ParamSpec("P")
T = TypeVar("T")


def an_order(by: Actor = ADA) -> use_cases.PlaceOrder:
    return use_cases.PlaceOrder(actor=by, items=items(), total=TOTAL)


class Shop:
    """One store; every method is thread-safe. Each adapter can be replaced."""

    unit_of_work: Callable[[], UnitOfWork]
    direct: DirectPlacement | None = None
    queries: OrderQueries
    catalog: ProductCatalog
    outbox: Outbox
    cache: OrderCache
    publisher: EventPublisher
    clock: ClockPort
    ledger: Callable[[], Ledger]

    def bound(self, use_case: Callable[P, T]) -> Callable[P, T]:
        """The use case with the retries that the container gives it."""
        return retry_on_contention(use_case)

    # Orders of items that the client describes.

    def place(self, *, by: Actor = ADA) -> Order:
        return self.bound(use_cases.place_order)(an_order(by), uow=self.unit_of_work(), clock=self.clock, new_id=new_id)

    def get(self, order_id: UUID, *, by: Actor = ADA, access: AccessPolicy = OWNER_ONLY_HIDDEN) -> Order:
        request = use_cases.GetOrder(actor=by, order_id=order_id, access=access)
        return use_cases.get_order(request, queries=self.queries, cache=self.cache)

    def change(
        self,
        order_id: UUID,
        to: OrderStatus,
        *,
        by: Actor = ADA,
        access: AccessPolicy = OWNER_ONLY_HIDDEN,
        versions: frozenset[int] | None = None,
    ) -> Order:
        request = use_cases.ChangeStatus(actor=by, order_id=order_id, target=only(to), access=access, versions=versions)
        return self.bound(use_cases.change_status)(request, uow=self.unit_of_work(), cache=self.cache, clock=self.clock)

    def administer(self, order_id: UUID, to: OrderStatus) -> Order:
        """Let an administrator set every status that the lifecycle allows, whatever the order's origin."""
        return self.change(order_id, to, by=ADMIN, access=ADMIN_ONLY)

    def cancel(self, order_id: UUID, *, by: Actor = ADMIN) -> Order:
        return self.change(order_id, OrderStatus.CANCELED, by=by, access=OWNER_OR_ADMIN)

    def delete(self, order_id: UUID, *, by: Actor = ADA) -> None:
        request = use_cases.DeleteOrder(actor=by, order_id=order_id, access=OWNER_ONLY)
        self.bound(use_cases.delete_order)(request, uow=self.unit_of_work(), cache=self.cache, clock=self.clock)

    def list_of(
        self, user_id: str, *, by: Actor = ADA, limit: int = 100, access: AccessPolicy = OWNER_ONLY_HIDDEN
    ) -> Page:
        request = use_cases.ListOrders(actor=by, order_filter=OrderFilter(user_id=user_id, limit=limit), access=access)
        return use_cases.list_orders(request, queries=self.queries, replica_queries=self.queries)

    # Products, and orders of products.

    def stocked(self, *stocks: int, threshold: int = 0) -> list[ProductId]:
        """New products with these stocks."""
        return [self.add(stock=stock, threshold=threshold).id for stock in stocks]

    def add(self, *, stock: int, threshold: int = 0, sku: str | None = None, price: Money = PRICE) -> Product:
        sku = sku or f"SKU-{new_id().hex}"
        product = NewProduct(sku=sku, name=f"Name of {sku}", price=price, stock=stock, low_stock_threshold=threshold)
        request = use_cases.AddProduct(actor=ADMIN, product=product)
        return self.bound(use_cases.add_product)(request, uow=self.unit_of_work(), clock=self.clock)

    def order(
        self,
        products: Mapping[ProductId, int] | Sequence[RequestedItem],
        *,
        by: Actor = ADA,
        order_id: UUID | None = None,
    ) -> Order:
        """Place an order of quantities by product."""
        requested_items = (
            [RequestedItem(product_id=product, quantity=quantity) for product, quantity in products.items()]
            if isinstance(products, Mapping)
            else products
        )
        request = use_cases.PlaceCatalogOrder(actor=by, requested_items=tuple(requested_items), address=HOME)
        giver = new_id if order_id is None else lambda: order_id
        return self.bound(use_cases.place_catalog_order)(
            request, uow=self.unit_of_work(), clock=self.clock, new_id=giver, direct=self.direct
        )

    def restock(self, product_id: ProductId, quantity: int) -> Product:
        request = use_cases.RestockProduct(actor=ADMIN, product_id=product_id, quantity=quantity)
        return self.bound(use_cases.restock_product)(request, uow=self.unit_of_work(), clock=self.clock)

    def adjust(self, product_id: ProductId, stock: int | None = None, **changes: Any) -> Product:
        """Set the stock, or the attributes of ``UpdateProduct``."""
        request = use_cases.UpdateProduct(actor=ADMIN, product_id=product_id, stock=stock, **changes)
        return self.bound(use_cases.update_product)(request, uow=self.unit_of_work(), clock=self.clock)

    # Events.

    def relay(self, *, limit: int = 500, together: bool = False) -> use_cases.RelayResult:
        return use_cases.relay_events(
            outbox=self.outbox,
            publisher=self.publisher,
            cache=self.cache,
            clock=self.clock,
            limit=limit,
            together=together,
        )

    def in_state(self, *states: OutboxState) -> list[OutboxMessage]:
        return list(self.outbox.select(states=frozenset(states), limit=100_000))

    def unsent(self) -> list[OutboxMessage]:
        return self.in_state(OutboxState.WAITING, OutboxState.PUBLISHED, OutboxState.PARKED)


@dataclass
class InMemoryShop(Shop):
    """A shop in memory, with a clock that tests advance and without retries, because nothing competes with it."""

    clock: Clock = field(default_factory=Clock)
    store: InMemoryStore = field(default_factory=InMemoryStore)
    publisher: EventPublisher = field(default_factory=InMemoryEventPublisher)

    def __post_init__(self) -> None:
        self.unit_of_work = lambda: InMemoryUnitOfWork(self.store)
        self.queries = InMemoryOrderQueries(self.store)
        self.catalog = InMemoryProductCatalog(self.store)
        self.outbox = InMemoryOutbox(self.store)
        self.cache = InMemoryOrderCache(clock=self.clock)
        self.ledger = partial(ledger.of_memory, self.store)

    def bound(self, use_case: Callable[P, T]) -> Callable[P, T]:
        return use_case


@dataclass
class DatabaseShop(Shop):
    """A shop on a database, as a process of the service runs it, with checks of the stored state."""

    engine: Engine
    cache: OrderCache = field(default_factory=NullOrderCache)
    publisher: EventPublisher = field(default_factory=InMemoryEventPublisher)
    clock: ClockPort = now

    def __post_init__(self) -> None:
        self.unit_of_work = lambda: SqlUnitOfWork(self.engine)
        self.queries = SqlOrderQueries(self.engine)
        self.catalog = SqlProductCatalog(self.engine)
        self.outbox = SqlOutbox(self.engine)
        self.ledger = partial(ledger.of_database, self.engine)

    def versions(self) -> dict[str, int]:
        """The version of each order; its history and its events must be complete and contiguous."""
        orders = self._rows("SELECT id, version FROM orders")
        for table in ("order_history", "outbox"):
            written = self._rows(f"SELECT order_id, version FROM {table}")
            assert sorted(written) == sorted((order, n) for order, version in orders for n in range(1, version + 1))
        return {str(order): version for order, version in orders}

    def locks(self) -> int:
        """The number of shards locked by relays."""
        count = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
        return int(self._rows(f"{count} (SELECT oid FROM pg_database WHERE datname = current_database())")[0][0])

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        with engines.autocommit(self.engine).connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]
