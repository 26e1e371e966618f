"""In-memory persistence component."""

from __future__ import annotations

from orders_adapters.memory.analytics import InMemoryAnalyticsReader
from orders_adapters.memory.contact_lookup import InMemoryContactLookup
from orders_adapters.memory.event_feed import InMemoryEventFeed
from orders_adapters.memory.idempotency_keys import InMemoryIdempotencyKeyCleanup
from orders_adapters.memory.inbox import InMemoryInboxCleanup
from orders_adapters.memory.jobs import InMemoryJobRepository
from orders_adapters.memory.life.stock_holds import InMemoryStockHoldQueries
from orders_adapters.memory.notifications.alert_recipients import InMemoryAlertRecipientRepository
from orders_adapters.memory.notifications.queue import InMemoryNotificationQueue
from orders_adapters.memory.order_queries import InMemoryOrderQueries
from orders_adapters.memory.order_templates import InMemoryOrderTemplateRepository
from orders_adapters.memory.outbox import InMemoryOutbox
from orders_adapters.memory.personal_data.store import InMemoryPersonalDataStore
from orders_adapters.memory.product_catalog import InMemoryProductCatalog
from orders_adapters.memory.revoked_tokens import InMemoryRevokedTokens
from orders_adapters.memory.store import InMemoryStore as Memory
from orders_adapters.memory.store_identity import InMemoryStoreIdentity
from orders_adapters.memory.unit_of_work import InMemoryUnitOfWork
from orders_adapters.memory.users import InMemoryUserRepository
from orders_adapters.memory.wakeup import WakeupSignal
from orders_adapters.memory.webhooks.deliveries import InMemoryWebhookQueue
from orders_adapters.memory.webhooks.endpoints import InMemoryWebhookEndpointRepository
from orders_flask.bootstrap.components import PersistenceComponent


def store() -> PersistenceComponent:
    outbox_signal, jobs_signal = WakeupSignal(), WakeupSignal()
    memory = Memory(on_commit=outbox_signal.set, on_job=jobs_signal.set)
    return PersistenceComponent(
        unit_of_work=lambda: InMemoryUnitOfWork(memory),
        event_feed=InMemoryEventFeed(memory),
        queries=InMemoryOrderQueries(memory),
        replica_queries=InMemoryOrderQueries(memory),
        analytics=InMemoryAnalyticsReader(memory),
        product_catalog=InMemoryProductCatalog(memory),
        templates=InMemoryOrderTemplateRepository(memory),
        outbox=InMemoryOutbox(memory),
        stock_holds=InMemoryStockHoldQueries(memory),
        jobs=InMemoryJobRepository(memory),
        idempotency_keys=InMemoryIdempotencyKeyCleanup(memory),
        inbox=InMemoryInboxCleanup(memory),
        contact_lookup=InMemoryContactLookup(memory),
        notifications=InMemoryNotificationQueue(memory),
        alert_recipients=InMemoryAlertRecipientRepository(memory),
        webhooks=InMemoryWebhookEndpointRepository(memory),
        webhook_queue=InMemoryWebhookQueue(memory),
        users=InMemoryUserRepository(memory),
        personal_data=InMemoryPersonalDataStore(memory),
        revoked_tokens=InMemoryRevokedTokens(memory),
        identity=InMemoryStoreIdentity(memory),
        wait=outbox_signal.wait,
        wait_for_jobs=jobs_signal.wait,
    )
