"""SQL persistence component: a database, and optionally its read replica."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from orders_adapters.memory.wakeup import WakeupSignal
from orders_adapters.sql import (
    analytics,
    contact_lookup,
    direct_placement,
    idempotency_keys,
    inbox,
    jobs,
    migrate,
    order_queries,
    order_templates,
    product_catalog,
    revoked_tokens,
    store_identity,
    unit_of_work,
    users,
)
from orders_adapters.sql.clock import SqlClock
from orders_adapters.sql.consistency.store import SqlConsistencyChecks
from orders_adapters.sql.engine import engine
from orders_adapters.sql.engine.engine import Engine
from orders_adapters.sql.errors import StoreUnsuitable
from orders_adapters.sql.events import event_feed
from orders_adapters.sql.life.stock_holds import SqlStockHoldQueries
from orders_adapters.sql.notifications.alert_recipients import SqlAlertRecipientRepository
from orders_adapters.sql.notifications.queue import SqlNotificationQueue
from orders_adapters.sql.outbox import repository, wakeup
from orders_adapters.sql.personal_data.store import SqlPersonalDataStore
from orders_adapters.sql.webhooks.deliveries import SqlWebhookQueue
from orders_adapters.sql.webhooks.endpoints import SqlWebhookEndpointRepository
from orders_domain.errors import StoreUnavailable
from orders_flask.bootstrap.components import Migrations, PersistenceComponent, as_setting_error, describe


def store(url: str, *, read_url: str, schema: str, pool_size: int) -> PersistenceComponent:
    with as_setting_error("DATABASE_URL"):
        database = engine.create(url, pool_size=pool_size, schema=schema)
    with as_setting_error("DATABASE_READ_URL"):
        replica = engine.create(read_url, pool_size=pool_size, schema=schema) if read_url else database
    outbox_signal, jobs_signal = wakeup.WakeupSignal(database), WakeupSignal()
    return PersistenceComponent(
        unit_of_work=lambda: unit_of_work.SqlUnitOfWork(database, on_commit=outbox_signal.set),
        direct_placement=None
        if engine.is_sqlite(database)
        else direct_placement.SqlDirectPlacement(database, on_commit=outbox_signal.set),
        event_feed=event_feed.SqlEventFeed(database),
        queries=order_queries.SqlOrderQueries(database),
        replica_queries=order_queries.SqlOrderQueries(replica),
        analytics=analytics.SqlAnalyticsReader(replica),
        product_catalog=product_catalog.SqlProductCatalog(database),
        templates=order_templates.SqlOrderTemplateRepository(database),
        outbox=repository.SqlOutbox(database),
        stock_holds=SqlStockHoldQueries(database),
        jobs=jobs.SqlJobRepository(database, on_add=jobs_signal.set),
        idempotency_keys=idempotency_keys.SqlIdempotencyKeyCleanup(database),
        inbox=inbox.SqlInboxCleanup(database),
        contact_lookup=contact_lookup.SqlContactLookup(database),
        notifications=SqlNotificationQueue(database),
        alert_recipients=SqlAlertRecipientRepository(database),
        webhooks=SqlWebhookEndpointRepository(database),
        webhook_queue=SqlWebhookQueue(database),
        users=users.SqlUserRepository(database),
        personal_data=SqlPersonalDataStore(database, on_commit=outbox_signal.set),
        revoked_tokens=revoked_tokens.SqlRevokedTokens(database),
        identity=store_identity.SqlStoreIdentity(database),
        consistency=SqlConsistencyChecks(database),
        clock=None if engine.is_sqlite(database) else SqlClock(database),
        wait=outbox_signal.wait,
        wait_for_jobs=jobs_signal.wait,
        connections_in_use=partial(engine.connections_in_use, database),
        check=partial(_check, database),
        examine=partial(_examine, database),
        refusal=partial(_refusal, database),
        disconnect=partial(_disconnect, database, replica),
        close=partial(_close, outbox_signal, database, replica),
        migrations=Migrations(
            upgrade=partial(migrate.upgrade, url, schema=schema),
            downgrade=partial(migrate.downgrade, url, schema=schema),
            current=partial(migrate.current, database),
            pending=partial(migrate.pending, database),
            drift=_drift,
        ),
    )


def check_once(url: str, *, schema: str = "") -> str | None:
    """Check a database with a temporary connection."""
    database = engine.create(url, pool_size=1, schema=schema)
    try:
        return _check(database) or _lacking_rights(database, write=False)
    finally:
        database.dispose()


def _close(wakeup: wakeup.WakeupSignal, *engines: Engine) -> None:
    wakeup.close()
    _disconnect(*engines)


def _disconnect(*engines: Engine) -> None:
    for database in engines:
        database.dispose()


def _drift() -> Sequence[str]:
    """Compare migrations and code on a temporary database, so that the configured one is unchanged."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'drift.db'}"
        migrate.upgrade(url)
        return migrate.check(url)


def _check(database: Engine) -> str | None:
    try:
        engine.ping(database)
        if missing := migrate.pending(database):
            return f"Pending migrations: {', '.join(missing)}; run: orders migrate"
        lost = migrate.missing_triggers(database)
    except StoreUnavailable as error:
        return describe(error)
    return f"Missing triggers: {', '.join(lost)}; the migrations had created them." if lost else None


def _examine(database: Engine) -> str | None:
    try:
        if migrate.is_read_only(database):
            return "The database is read-only; DATABASE_URL must be the address of the primary server."
        if event_feed.has_foreign_positions(database):
            return "The events are those of another server and not readable yet; run: orders restored"
    except StoreUnavailable as error:
        return describe(error)
    return _lacking_rights(database)


def _lacking_rights(database: Engine, *, write: bool = True) -> str | None:
    try:
        lacking = migrate.lacking_rights(database, write=write)
    except StoreUnavailable as error:
        return describe(error)
    return f"The role lacks rights: {', '.join(lacking)}; GRANT them." if lacking else None


def _refusal(database: Engine) -> str | None:
    try:
        engine.ping(database)
    except StoreUnsuitable as error:
        return str(error)
    except StoreUnavailable:
        return None  # it may be available later
    return None
