"""The use cases on a service's real parts, each port within a test's reach; and what the database holds in the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from orders_adapters.redis.order_cache import Cache
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.order_queries import Queries
from orders_adapters.sql.outbox.repository import Outbox
from orders_adapters.sql.unit_of_work import UnitOfWork
from orders_adapters.system import clock
from orders_adapters.system.ids import Ids
from orders_domain import Actor, CustomItem, Money, Order, OrderStatus
from orders_domain.model.status import TargetStatus
from orders_domain.ports.outbox import OutboxState, Outgoing
from orders_domain.use_cases import ChangeStatus, GetOrder, PlaceOrder, change_status, get_order, place_order
from tests.contract.faults.service import Service

ADA = Actor(subject="ada")
new_id = Ids()


@dataclass(frozen=True, kw_only=True)
class Core:
    """The use cases, as a web process runs them."""

    engine: Engine
    cache: Cache

    @property
    def queries(self) -> Queries:
        return Queries(self.engine)

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.engine)

    def uow(self) -> UnitOfWork:
        return UnitOfWork(self.engine)

    def place(self) -> Order:
        return place_order(an_order(), uow=self.uow(), clock=clock.now, new_id=new_id)

    def change(self, order_id: UUID, status: OrderStatus) -> Order:
        return change_status(to(order_id, status), uow=self.uow(), cache=self.cache, clock=clock.now)

    def get(self, order_id: UUID) -> Order:
        return get_order(GetOrder(actor=ADA, order_id=order_id), queries=self.queries, cache=self.cache)

    def outgoing(self, *states: OutboxState) -> list[Outgoing]:
        return list(self.outbox.select(states=frozenset(states or OutboxState), limit=100_000))

    def unsent(self) -> list[Outgoing]:
        return self.outgoing(OutboxState.WAITING, OutboxState.UNTOLD, OutboxState.PARKED)

    def versions(self) -> dict[str, int]:
        """Every order and its version; its history and its events have no hole and nothing more."""
        orders = self._rows("SELECT id, version FROM orders")
        for table in ("order_history", "outbox"):
            written = self._rows(f"SELECT order_id, version FROM {table}")
            assert sorted(written) == sorted((order, n) for order, version in orders for n in range(1, version + 1))
        return {str(order): version for order, version in orders}

    def locks(self) -> int:
        """How many shards are held by relays."""
        count = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
        return int(self._rows(f"{count} (SELECT oid FROM pg_database WHERE datname = current_database())")[0][0])

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        with engines.reading(self.engine).connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]


@contextmanager
def core(service: Service, *, redis_url: str | None = None) -> Iterator[Core]:
    """The use cases in this process, with connections of its own."""
    engine = engines.create(service.database_url)
    cache = Cache(redis_url or service.redis_url, prefix=service.redis_prefix)
    try:
        yield Core(engine=engine, cache=cache)
    finally:
        cache.close()
        engine.dispose()


def an_order(by: Actor = ADA) -> PlaceOrder:
    return PlaceOrder(actor=by, items=(CustomItem({"sku": "tea"}),), total=Money(7550, "USD"))


def to(order_id: UUID, status: OrderStatus) -> ChangeStatus:
    return ChangeStatus(actor=ADA, order_id=order_id, wanted=TargetStatus(status, frozenset({status})))
