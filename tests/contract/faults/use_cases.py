"""Use cases on the infrastructure of a service, with replaceable ports; and checks of the final database state."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from orders_adapters.redis.order_cache import RedisOrderCache
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.sql.outbox.repository import SqlOutbox
from orders_adapters.sql.store_identity import SqlStoreIdentity
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_adapters.system import clock
from orders_adapters.system.ids import UuidSequence
from orders_domain import Actor, CustomItem, Money, Order, OrderStatus
from orders_domain.model.status import TargetStatus
from orders_domain.ports.outbox import OutboxMessage, OutboxState
from orders_domain.use_cases import ChangeStatus, GetOrder, PlaceOrder, change_status, get_order, place_order
from tests.contract.faults.service import Service

ADA = Actor(subject="ada")
new_id = UuidSequence()


@dataclass(frozen=True, kw_only=True)
class Core:
    """The use cases as a web process runs them."""

    engine: Engine
    cache: RedisOrderCache

    @property
    def queries(self) -> SqlOrderQueries:
        return SqlOrderQueries(self.engine)

    @property
    def outbox(self) -> SqlOutbox:
        return SqlOutbox(self.engine)

    def uow(self) -> SqlUnitOfWork:
        return SqlUnitOfWork(self.engine)

    def place(self) -> Order:
        return place_order(an_order(), uow=self.uow(), clock=clock.now, new_id=new_id)

    def change(self, order_id: UUID, status: OrderStatus) -> Order:
        return change_status(to(order_id, status), uow=self.uow(), cache=self.cache, clock=clock.now)

    def get(self, order_id: UUID) -> Order:
        return get_order(GetOrder(actor=ADA, order_id=order_id), queries=self.queries, cache=self.cache)

    def outgoing(self, *states: OutboxState) -> list[OutboxMessage]:
        return list(self.outbox.select(states=frozenset(states or OutboxState), limit=100_000))

    def unsent(self) -> list[OutboxMessage]:
        return self.outgoing(OutboxState.WAITING, OutboxState.PUBLISHED, OutboxState.PARKED)

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


@contextmanager
def core(service: Service, *, redis_url: str | None = None) -> Iterator[Core]:
    """The use cases in this process, with separate connections."""
    engine = engines.create(service.database_url)
    cache = RedisOrderCache(
        redis_url or service.redis_url, prefix=service.redis_prefix, identity=SqlStoreIdentity(engine).get
    )
    try:
        yield Core(engine=engine, cache=cache)
    finally:
        cache.close()
        engine.dispose()


def an_order(by: Actor = ADA) -> PlaceOrder:
    return PlaceOrder(actor=by, items=(CustomItem({"sku": "tea"}),), total=Money(7550, "USD"))


def to(order_id: UUID, status: OrderStatus) -> ChangeStatus:
    return ChangeStatus(actor=ADA, order_id=order_id, target=TargetStatus(status, frozenset({status})))
