"""Components that the settings choose, and the ports they provide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from dependency_injector import containers, providers

from orders_adapters.composite.instrumented_order_cache import InstrumentedOrderCache
from orders_adapters.idna import email_normalizer
from orders_adapters.system import clock as system_clock
from orders_adapters.system.ids import UuidSequence
from orders_domain.model.life.open_orders import OpenOrders, RefundBacklog, StockHoldBacklog
from orders_domain.ports.clock import Clock
from orders_domain.ports.life.stock_holds import StockHoldQueries
from orders_domain.ports.order_queries import OrderQueries
from orders_flask import bootstrap
from orders_flask.observability.metrics import MAX_OPEN_ORDERS, Metrics
from orders_flask.settings import Settings


def _required_checks(
    store: bootstrap.PersistenceComponent, cache: bootstrap.CacheComponent, broker: bootstrap.BrokerComponent
) -> Mapping[str, bootstrap.Check]:
    return {
        "database": store.check,
        "cache": cache.check,
        "broker": partial(bootstrap.check_broker, broker, store.outbox),
    }


def _optional_checks(*checks: Mapping[str, bootstrap.Check]) -> Mapping[str, bootstrap.Check]:
    """Merge the checks that do not affect readiness."""
    return {name: check for group in checks for name, check in group.items()}


def _store_clock(store: bootstrap.PersistenceComponent, clock: Clock) -> Clock:
    return store.clock or clock


def _open_orders(queries: OrderQueries) -> Sequence[OpenOrders]:
    return queries.open_orders(limit=MAX_OPEN_ORDERS)


def _holds_and_refunds(stock_holds: StockHoldQueries, queries: OrderQueries) -> tuple[StockHoldBacklog, RefundBacklog]:
    return stock_holds.backlog(limit=MAX_OPEN_ORDERS), queries.refund_backlog(limit=MAX_OPEN_ORDERS)


class Components(containers.DeclarativeContainer):
    """Ports and adapters of one process. Expensive components are built on first use, and so after a fork."""

    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)

    clock = providers.Object(system_clock.now)
    new_id = providers.Singleton(UuidSequence)
    refresh_verifier = providers.Singleton(bootstrap.refresh_verifier, settings)
    token_verifier = providers.Singleton(bootstrap.token_verifier, settings)
    store = providers.Singleton(bootstrap.store, settings)
    # For leases and due times, which the processes of several hosts compare.
    store_clock = providers.Singleton(_store_clock, store, clock)
    cache = providers.Singleton(bootstrap.cache, settings, store, clock=clock)
    broker = providers.Singleton(bootstrap.broker, settings)
    notifier = providers.Singleton(bootstrap.notifier, settings)
    tracking_events = providers.Factory(bootstrap.tracking_events, settings)
    payment_facts = providers.Factory(bootstrap.payment_facts, settings)
    dead_letters = providers.Singleton(bootstrap.dead_letters, settings)
    auth = providers.Singleton(bootstrap.sign_in, settings, store, cache, clock=clock)
    remote_services = providers.Singleton(bootstrap.services, settings)
    checks = providers.Callable(_required_checks, store, cache, broker)
    optional_checks = providers.Callable(
        _optional_checks,
        providers.Callable(bootstrap.replica_checks, settings),
        providers.Callable(bootstrap.identity_provider_checks, settings),
        providers.Callable(bootstrap.job_checks, settings, clock=clock),
        remote_services.provided.checks,
        notifier.provided.checks,
    )

    cart_signature_verifier = providers.Singleton(bootstrap.signatures, settings)
    takes_stock = settings.provided.takes_stock
    webhook_sender = providers.Singleton(bootstrap.webhook_sender, settings)
    new_webhook_secret = providers.Object(bootstrap.new_webhook_secret)
    unpaid_expiry = settings.provided.unpaid_expiry
    content_limits = settings.provided.content_limits
    cart_policy = providers.Singleton(bootstrap.cart_policy, settings)
    issue_dev_token: providers.Callable[str] = providers.Callable(bootstrap.issue_dev_token, settings)

    uow = store.provided.unit_of_work.call()
    direct_placement = store.provided.direct_placement
    queries = store.provided.queries
    product_catalog = store.provided.product_catalog
    analytics = store.provided.analytics
    templates = store.provided.templates
    replica_queries = store.provided.replica_queries  # may lag behind, so writes must not depend on it
    outbox = store.provided.outbox
    stock_holds = store.provided.stock_holds
    jobs = store.provided.jobs
    users = store.provided.users
    personal_data = store.provided.personal_data
    normalize_email = providers.Object(email_normalizer.normalize_email)
    revoked_tokens = auth.provided.revoked_tokens
    rate_limiter = auth.provided.rate_limiter
    password_hasher = auth.provided.password_hasher
    token_issuer = auth.provided.token_issuer
    metrics = providers.Singleton(
        Metrics,
        backlog=outbox.backlog,
        clock=clock,
        open_orders=providers.Callable(_open_orders, replica_queries).provider,
        holds_and_refunds=providers.Callable(_holds_and_refunds, stock_holds, replica_queries).provider,
        webhook_backlog=store.provided.webhook_queue.backlog,
    )
    order_cache = providers.Singleton(InstrumentedOrderCache, cache.provided.cache, metrics.provided.cache_read)
    publisher = broker.provided.publisher
    catalog_service = remote_services.provided.catalog_service
    shipment_service = remote_services.provided.shipment_service
