"""Stores under test: each provides units of work, queries and outboxes for any number of threads and relays."""

import shutil
from pathlib import Path

from sqlalchemy import Engine, text

from orders_adapters.memory import analytics as memory_analytics
from orders_adapters.memory import contact_lookup as memory_contacts
from orders_adapters.memory import event_feed as memory_feed
from orders_adapters.memory import idempotency_keys as memory_keys
from orders_adapters.memory import inbox as memory_inbox
from orders_adapters.memory import jobs as memory_jobs
from orders_adapters.memory import order_queries as memory_queries
from orders_adapters.memory import order_templates as memory_templates
from orders_adapters.memory import outbox as memory_outbox
from orders_adapters.memory import product_catalog as memory_catalog
from orders_adapters.memory import revoked_tokens as memory_denylist
from orders_adapters.memory import store as memory_store
from orders_adapters.memory import store_identity as memory_identity
from orders_adapters.memory import unit_of_work as memory_unit_of_work
from orders_adapters.memory import users as memory_users
from orders_adapters.memory.life.stock_holds import InMemoryStockHoldQueries
from orders_adapters.memory.notifications import alert_recipients as memory_recipients
from orders_adapters.memory.notifications import queue as memory_notifications
from orders_adapters.memory.personal_data.store import InMemoryPersonalDataStore
from orders_adapters.memory.webhooks.deliveries import InMemoryWebhookQueue
from orders_adapters.memory.webhooks.endpoints import InMemoryWebhookEndpointRepository
from orders_adapters.sql import analytics as sql_analytics
from orders_adapters.sql import contact_lookup as sql_contacts
from orders_adapters.sql import idempotency_keys as sql_keys
from orders_adapters.sql import inbox as sql_inbox
from orders_adapters.sql import jobs as sql_jobs
from orders_adapters.sql import order_queries as sql_queries
from orders_adapters.sql import order_templates as sql_templates
from orders_adapters.sql import product_catalog as sql_catalog
from orders_adapters.sql import revoked_tokens as sql_denylist
from orders_adapters.sql import store_identity as sql_identity
from orders_adapters.sql import tables
from orders_adapters.sql import unit_of_work as sql_unit_of_work
from orders_adapters.sql import users as sql_users
from orders_adapters.sql.events import event_feed as sql_feed
from orders_adapters.sql.life.stock_holds import SqlStockHoldQueries
from orders_adapters.sql.notifications import alert_recipients as sql_recipients
from orders_adapters.sql.notifications import queue as sql_notifications
from orders_adapters.sql.outbox import repository as sql_outbox
from orders_adapters.sql.personal_data.store import SqlPersonalDataStore
from orders_adapters.sql.webhooks.deliveries import SqlWebhookQueue
from orders_adapters.sql.webhooks.endpoints import SqlWebhookEndpointRepository
from orders_adapters.testing.stores import StoreHarness
from tests.support import ledger


def in_memory() -> StoreHarness:
    store = memory_store.InMemoryStore()
    return StoreHarness(
        unit_of_work=lambda: memory_unit_of_work.InMemoryUnitOfWork(store),
        queries=memory_queries.InMemoryOrderQueries(store),
        catalog=memory_catalog.InMemoryProductCatalog(store),
        stock_movements=lambda: ledger.of_memory(store).movements,
        outbox=lambda: memory_outbox.InMemoryOutbox(store),
        feed=memory_feed.InMemoryEventFeed(store),
        stock_holds=InMemoryStockHoldQueries(store),
        analytics=memory_analytics.InMemoryAnalyticsReader(store),
        templates=memory_templates.InMemoryOrderTemplateRepository(store),
        keys=memory_keys.InMemoryIdempotencyKeyCleanup(store),
        inbox=memory_inbox.InMemoryInboxCleanup(store),
        users=memory_users.InMemoryUserRepository(store),
        personal_data=InMemoryPersonalDataStore(store),
        jobs=memory_jobs.InMemoryJobRepository(store),
        contacts=memory_contacts.InMemoryContactLookup(store),
        notifications=memory_notifications.InMemoryNotificationQueue(store),
        alert_recipients=memory_recipients.InMemoryAlertRecipientRepository(store),
        webhooks=InMemoryWebhookEndpointRepository(store),
        webhook_queue=InMemoryWebhookQueue(store),
        denied=memory_denylist.InMemoryRevokedTokens(store),
        identity=memory_identity.InMemoryStoreIdentity(store),
    )


def in_database(engine: Engine) -> StoreHarness:
    return StoreHarness(
        unit_of_work=lambda: sql_unit_of_work.SqlUnitOfWork(engine),
        queries=sql_queries.SqlOrderQueries(engine),
        catalog=sql_catalog.SqlProductCatalog(engine),
        stock_movements=lambda: ledger.of_database(engine).movements,
        outbox=lambda: sql_outbox.SqlOutbox(engine),
        feed=sql_feed.SqlEventFeed(engine),
        stock_holds=SqlStockHoldQueries(engine),
        analytics=sql_analytics.SqlAnalyticsReader(engine),
        templates=sql_templates.SqlOrderTemplateRepository(engine),
        keys=sql_keys.SqlIdempotencyKeyCleanup(engine),
        inbox=sql_inbox.SqlInboxCleanup(engine),
        users=sql_users.SqlUserRepository(engine),
        personal_data=SqlPersonalDataStore(engine),
        jobs=sql_jobs.SqlJobRepository(engine),
        contacts=sql_contacts.SqlContactLookup(engine),
        notifications=sql_notifications.SqlNotificationQueue(engine),
        alert_recipients=sql_recipients.SqlAlertRecipientRepository(engine),
        webhooks=SqlWebhookEndpointRepository(engine),
        webhook_queue=SqlWebhookQueue(engine),
        denied=sql_denylist.SqlRevokedTokens(engine),
        identity=sql_identity.SqlStoreIdentity(engine),
    )


def copied_sqlite(migrated: Path, directory: Path) -> str:
    """The URL of a copy of a migrated file."""
    return f"sqlite:///{shutil.copy(migrated, directory / 'orders.db')}"


def empty(engine: Engine) -> None:
    """Delete all rows of a migrated PostgreSQL database."""
    children_first = [table.name for table in reversed(tables.metadata.sorted_tables)]
    filled = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in children_first)
    with engine.begin() as connection:
        # A DELETE of some rows is twenty times faster than a TRUNCATE, which recreates the files of each table.
        for name in connection.scalars(text(filled)).all():
            connection.execute(text(f"DELETE FROM {name}"))
        connection.execute(text("SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"))
