"""Use cases on the memory adapters, bound as in the container."""

from dataclasses import dataclass, field
from uuid import UUID

from orders_adapters.memory.event_publisher import InMemoryEventPublisher
from orders_adapters.memory.order_cache import InMemoryOrderCache
from orders_adapters.memory.order_queries import InMemoryOrderQueries
from orders_adapters.memory.outbox import InMemoryOutbox
from orders_adapters.memory.store import InMemoryStore
from orders_adapters.memory.unit_of_work import InMemoryUnitOfWork
from orders_adapters.testing.examples import ADA, ADMIN, TOTAL, Clock, items, new_id, only
from orders_domain import AccessPolicy, Actor, Order, OrderStatus
from orders_domain.model.access import ADMIN_ONLY, OWNER_ONLY_HIDDEN
from orders_domain.model.order_filter import OrderFilter, Page
from orders_domain.ports.event_publisher import EventPublisher as PublisherPort
from orders_domain.ports.outbox import OutboxMessage, OutboxState
from orders_domain.use_cases import (
    ChangeStatus,
    GetOrder,
    ListOrders,
    PlaceOrder,
    RelayResult,
    change_status,
    get_order,
    list_orders,
    place_order,
    relay_events,
)


@dataclass
class Shop:
    """One store, one cache and one clock; each adapter can be replaced."""

    clock: Clock = field(default_factory=Clock)
    store: InMemoryStore = field(default_factory=InMemoryStore)
    publisher: PublisherPort = field(default_factory=InMemoryEventPublisher)

    def __post_init__(self) -> None:
        self.uow = InMemoryUnitOfWork(self.store)
        self.queries = InMemoryOrderQueries(self.store)
        self.outbox = InMemoryOutbox(self.store)
        self.cache = InMemoryOrderCache(clock=self.clock)

    def place(self, *, by: Actor = ADA) -> Order:
        request = PlaceOrder(actor=by, items=items(), total=TOTAL)
        return place_order(request, uow=self.uow, clock=self.clock, new_id=new_id)

    def get(self, order_id: UUID, *, by: Actor = ADA, access: AccessPolicy = OWNER_ONLY_HIDDEN) -> Order:
        return get_order(GetOrder(actor=by, order_id=order_id, access=access), queries=self.queries, cache=self.cache)

    def change(
        self,
        order_id: UUID,
        to: OrderStatus,
        *,
        by: Actor = ADA,
        access: AccessPolicy = OWNER_ONLY_HIDDEN,
        versions: frozenset[int] | None = None,
    ) -> Order:
        request = ChangeStatus(actor=by, order_id=order_id, target=only(to), access=access, versions=versions)
        return change_status(request, uow=self.uow, cache=self.cache, clock=self.clock)

    def administer(self, order_id: UUID, to: OrderStatus) -> Order:
        """Let an administrator set every status that the lifecycle allows, whatever the order's origin."""
        return self.change(order_id, to, by=ADMIN, access=ADMIN_ONLY)

    def list_of(
        self, user_id: str, *, by: Actor = ADA, limit: int = 100, access: AccessPolicy = OWNER_ONLY_HIDDEN
    ) -> Page:
        request = ListOrders(actor=by, order_filter=OrderFilter(user_id=user_id, limit=limit), access=access)
        return list_orders(request, queries=self.queries)

    def relay(self, *, limit: int = 500) -> RelayResult:
        return relay_events(
            outbox=self.outbox, publisher=self.publisher, cache=self.cache, clock=self.clock, limit=limit
        )

    def in_state(self, *states: OutboxState) -> list[OutboxMessage]:
        return list(self.outbox.select(states=frozenset(states)))
