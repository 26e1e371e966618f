"""A store under test: units of work, queries and outboxes for any number of threads and relays."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from orders_adapters.testing.examples import ADA, NOON, only, placed
from orders_domain import Actor, Order, OrderStatus
from orders_domain.model.product import ProductId
from orders_domain.model.product_audit import MovementKind
from orders_domain.ports.accounts.personal_data import PersonalDataStore
from orders_domain.ports.accounts.revoked_tokens import AllRevokedTokens
from orders_domain.ports.accounts.users import UserRepository
from orders_domain.ports.alert_recipients import AlertRecipientRepository
from orders_domain.ports.analytics import AnalyticsReader
from orders_domain.ports.events.event_feed import EventFeed
from orders_domain.ports.idempotency_keys import IdempotencyKeyCleanup
from orders_domain.ports.inbox import InboxCleanup
from orders_domain.ports.jobs import JobRepository
from orders_domain.ports.life.stock_holds import StockHoldQueries
from orders_domain.ports.notification_queue import NotificationQueue
from orders_domain.ports.notifier import ContactLookup
from orders_domain.ports.order_queries import OrderQueries
from orders_domain.ports.order_templates import OrderTemplateRepository
from orders_domain.ports.outbox import Outbox, OutboxMessage, OutboxState
from orders_domain.ports.product_catalog import ProductCatalog
from orders_domain.ports.store_identity import StoreIdentity
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.ports.webhooks.deliveries import WebhookQueue
from orders_domain.ports.webhooks.endpoints import WebhookEndpointRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class StockMovement:
    """A stored stock movement; no port reads it, so that a harness reads the store itself."""

    product_id: ProductId
    kind: MovementKind
    quantity: int  # negative for a deduction
    order_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class StoreHarness:
    """One store: ``unit_of_work()`` for each thread, ``outbox()`` for each relay.

    ``stock_movements()`` returns all stock movements, oldest first.
    """

    unit_of_work: Callable[[], UnitOfWork]
    queries: OrderQueries
    catalog: ProductCatalog
    stock_movements: Callable[[], Sequence[StockMovement]]
    outbox: Callable[[], Outbox]
    feed: EventFeed
    stock_holds: StockHoldQueries
    analytics: AnalyticsReader
    templates: OrderTemplateRepository
    keys: IdempotencyKeyCleanup
    inbox: InboxCleanup
    users: UserRepository
    personal_data: PersonalDataStore
    jobs: JobRepository
    contacts: ContactLookup
    notifications: NotificationQueue
    alert_recipients: AlertRecipientRepository
    webhooks: WebhookEndpointRepository
    webhook_queue: WebhookQueue
    denied: AllRevokedTokens
    identity: StoreIdentity

    def add(self, *orders: Order) -> None:
        for order in orders:
            with self.unit_of_work() as uow:
                uow.orders.add(order)
                uow.commit()

    def placed(self, *, by: Actor = ADA) -> Order:
        """A new stored order, as another transaction reads it."""
        order = placed(by=by)
        self.add(order)
        return self.queries.get(order.id)

    def changed(self, order: Order, to: OrderStatus, *, by: Actor = ADA) -> Order:
        """The order after a committed change."""
        with self.unit_of_work() as uow:
            present = uow.orders.get_for_update(order.id)
            present.change_status(only(to), by=by, at=NOON)
            uow.orders.save(present)
            uow.commit()
        return present

    def events(self) -> list[OutboxMessage]:
        """All events of all orders, oldest first."""
        return list(self.outbox().select(states=frozenset(OutboxState), limit=10_000))
