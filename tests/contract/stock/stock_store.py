"""Store with its use cases, bound as the container binds them, and its ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy import Engine

from orders_adapters.memory import order_queries as memory_queries
from orders_adapters.memory import product_catalog as memory_catalogue
from orders_adapters.memory import store as memory_store
from orders_adapters.memory import unit_of_work as memory_unit_of_work
from orders_adapters.memory.order_cache import NullOrderCache
from orders_adapters.sql import order_queries as sql_queries
from orders_adapters.sql import product_catalog as sql_catalogue
from orders_adapters.sql import unit_of_work as sql_unit_of_work
from orders_adapters.sql.retry import retry_on_contention
from orders_adapters.system.clock import now
from orders_adapters.testing.examples import ADA, ADMIN, new_id, only
from orders_domain import Actor, Money, Order, OrderStatus, use_cases
from orders_domain.model.access import OWNER_ONLY, OWNER_OR_ADMIN
from orders_domain.model.address import Address
from orders_domain.model.product import NewProduct, Product, ProductId, RequestedItem
from orders_domain.ports.order_queries import OrderQueries
from orders_domain.ports.product_catalog import ProductCatalog
from orders_domain.ports.unit_of_work import UnitOfWork
from tests.support import ledger as ledger_module
from tests.support.ledger import Ledger

HOME = Address(line1="12 Hill Road", city="Leeds", state="Yorkshire", postal_code="LS1", country="UK")
PRICE = Money(250, "USD")


@dataclass(frozen=True, kw_only=True)
class Warehouse:
    """One store; every method is thread-safe."""

    unit_of_work: Callable[[], UnitOfWork]
    queries: OrderQueries
    catalogue: ProductCatalog
    ledger: Callable[[], Ledger]

    def stocked(self, *stocks: int, threshold: int = 0) -> list[ProductId]:
        """New products with these stocks."""
        return [self.add(stock=stock, threshold=threshold).id for stock in stocks]

    def add(self, *, stock: int, threshold: int = 0, sku: str | None = None, price: Money = PRICE) -> Product:
        sku = sku or f"SKU-{new_id().hex}"
        product = NewProduct(sku=sku, name=f"Name of {sku}", price=price, stock=stock, low_stock_threshold=threshold)
        request = use_cases.AddProduct(actor=ADMIN, product=product)
        return retry_on_contention(use_cases.add_product)(request, uow=self.unit_of_work(), clock=now)

    def order(
        self,
        products: Mapping[ProductId, int] | Sequence[RequestedItem],
        *,
        by: Actor = ADA,
        order_id: UUID | None = None,
    ) -> Order:
        requested_items = (
            [RequestedItem(product_id=product, quantity=quantity) for product, quantity in products.items()]
            if isinstance(products, Mapping)
            else products
        )
        request = use_cases.PlaceCatalogOrder(actor=by, requested_items=tuple(requested_items), address=HOME)
        giver = new_id if order_id is None else lambda: order_id
        return retry_on_contention(use_cases.place_catalog_order)(
            request, uow=self.unit_of_work(), clock=now, new_id=giver
        )

    def change(self, order_id: UUID, to: OrderStatus, *, by: Actor = ADMIN) -> Order:
        request = use_cases.ChangeStatus(actor=by, order_id=order_id, target=only(to), access=OWNER_OR_ADMIN)
        return retry_on_contention(use_cases.change_status)(
            request, uow=self.unit_of_work(), cache=NullOrderCache(), clock=now
        )

    def cancel(self, order_id: UUID, *, by: Actor = ADMIN) -> Order:
        return self.change(order_id, OrderStatus.CANCELED, by=by)

    def delete(self, order_id: UUID, *, by: Actor = ADA) -> None:
        request = use_cases.DeleteOrder(actor=by, order_id=order_id, access=OWNER_ONLY)
        retry_on_contention(use_cases.delete_order)(request, uow=self.unit_of_work(), cache=NullOrderCache(), clock=now)

    def restock(self, product_id: ProductId, quantity: int) -> Product:
        request = use_cases.RestockProduct(actor=ADMIN, product_id=product_id, quantity=quantity)
        return retry_on_contention(use_cases.restock_product)(request, uow=self.unit_of_work(), clock=now)

    def adjust(
        self,
        product_id: ProductId,
        stock: int | None = None,
        *,
        threshold: int | None = None,
        sku: str | None = None,
        name: str | None = None,
        price: float | None = None,
    ) -> Product:
        request = use_cases.UpdateProduct(
            actor=ADMIN,
            product_id=product_id,
            stock=stock,
            low_stock_threshold=threshold,
            sku=sku,
            name=name,
            price=price,
        )
        return retry_on_contention(use_cases.update_product)(request, uow=self.unit_of_work(), clock=now)


def in_memory() -> Warehouse:
    store = memory_store.InMemoryStore()
    return Warehouse(
        unit_of_work=lambda: memory_unit_of_work.InMemoryUnitOfWork(store),
        queries=memory_queries.InMemoryOrderQueries(store),
        catalogue=memory_catalogue.InMemoryProductCatalog(store),
        ledger=partial(ledger_module.of_memory, store),
    )


def in_database(engine: Engine) -> Warehouse:
    return Warehouse(
        unit_of_work=lambda: sql_unit_of_work.SqlUnitOfWork(engine),
        queries=sql_queries.SqlOrderQueries(engine),
        catalogue=sql_catalogue.SqlProductCatalog(engine),
        ledger=partial(ledger_module.of_database, engine),
    )
