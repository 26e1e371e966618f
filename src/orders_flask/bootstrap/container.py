"""Dependency injection container: wires use cases to the components that the settings choose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dependency_injector import containers, providers

from orders_adapters.idna import email_normalizer
from orders_adapters.serialization import incoming_messages
from orders_adapters.sql.retry import retry_on_contention
from orders_adapters.system import clock as system_clock
from orders_adapters.system.ids import UuidSequence
from orders_domain import use_cases
from orders_domain.model.accounts.auth_token import AuthenticatedToken
from orders_domain.model.accounts.user import User
from orders_domain.model.analytics import Analytics
from orders_domain.model.history import HistoryEntry
from orders_domain.model.job import BulkStatusJob
from orders_domain.model.order import Order
from orders_domain.model.order_filter import Page
from orders_domain.model.order_template import OrderTemplate
from orders_domain.model.product import Product, generate_sku
from orders_domain.model.product_filter import ProductPage
from orders_domain.use_cases.catalog.import_products import ImportResult
from orders_domain.use_cases.catalog.upsert_products import UpsertOutcome
from orders_flask import bootstrap
from orders_flask.observability.instrumentation import instrumented, of_notification, of_tracking_event
from orders_flask.observability.instrumented_cache import InstrumentedOrderCache
from orders_flask.observability.metrics import Metrics
from orders_flask.settings import Settings
from orders_flask.use_cases import UseCases
from orders_flask.workers.job_worker import JobWorker
from orders_flask.workers.message_worker import MessageWorker, message_handler
from orders_flask.workers.outbox_relay import OutboxRelay
from orders_flask.workers.reservation_releaser import ReservationReleaser


def _required_checks(
    store: bootstrap.PersistenceComponent, cache: bootstrap.CacheComponent, broker: bootstrap.BrokerComponent
) -> Mapping[str, bootstrap.Check]:
    return {"database": store.check, "cache": cache.check, "broker": broker.check}


def _track_shipment_request(raw: bytes) -> use_cases.TrackShipment:
    return use_cases.TrackShipment(event=incoming_messages.parse_tracking_event(raw))


def _notify_user_request(raw: bytes) -> use_cases.NotifyUser:
    return use_cases.NotifyUser(notification=incoming_messages.parse_notification(raw))


def _optional_checks(*checks: Mapping[str, bootstrap.Check]) -> Mapping[str, bootstrap.Check]:
    """Merge the checks that do not affect readiness."""
    return {name: check for group in checks for name, check in group.items()}


def _measure_components(
    metrics: Metrics, cache: bootstrap.CacheComponent, store: bootstrap.PersistenceComponent
) -> None:
    metrics.parts(circuit_open=cache.circuit_open(), connections_in_use=store.connections_in_use())


class Container(containers.DeclarativeContainer):
    """Use as ``Container(settings=...)``. Expensive components are built on first use, and so after a fork."""

    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)

    clock = providers.Object(system_clock.now)
    new_id = providers.Singleton(UuidSequence)
    token_verifier = providers.Singleton(bootstrap.token_verifier, settings)
    store = providers.Singleton(bootstrap.store, settings)
    cache = providers.Singleton(bootstrap.cache, settings, store, clock=clock)
    broker = providers.Singleton(bootstrap.broker, settings)
    notifier = providers.Singleton(bootstrap.notifier, settings)
    tracking_events = providers.Factory(bootstrap.tracking_events, settings)
    notifications = providers.Factory(bootstrap.notifications, settings)
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
    cart_policy = providers.Singleton(bootstrap.cart_policy, settings)
    issue_dev_token: providers.Callable[str] = providers.Callable(bootstrap.issue_dev_token, settings)

    uow = store.provided.unit_of_work.call()
    queries = store.provided.queries
    product_catalog = store.provided.product_catalog
    analytics = store.provided.analytics
    templates = store.provided.templates
    replica_queries = store.provided.replica_queries  # may lag behind, so writes must not depend on it
    outbox = store.provided.outbox
    jobs = store.provided.jobs
    users = store.provided.users
    normalize_email = providers.Object(email_normalizer.normalize_email)
    revoked_tokens = auth.provided.revoked_tokens
    rate_limiter = auth.provided.rate_limiter
    password_hasher = auth.provided.password_hasher
    token_issuer = auth.provided.token_issuer
    metrics = providers.Singleton(Metrics, backlog=outbox.backlog, clock=clock)
    order_cache = providers.Singleton(InstrumentedOrderCache, cache.provided.cache, metrics)
    publisher = broker.provided.publisher
    catalog_service = remote_services.provided.catalog_service
    shipment_service = remote_services.provided.shipment_service

    authenticate: providers.Callable[AuthenticatedToken] = providers.Callable(
        use_cases.authenticate, token_verifier=token_verifier, revoked_tokens=revoked_tokens
    )
    sign_in: providers.Callable[str] = providers.Callable(
        use_cases.sign_in,
        users=users,
        normalize_email=normalize_email,
        password_hasher=password_hasher,
        rate_limiter=rate_limiter,
        token_issuer=token_issuer,
        clock=clock,
        new_id=new_id,
        allow_demo=settings.provided.allows_demo,
    )
    refresh_token: providers.Callable[str] = providers.Callable(
        use_cases.refresh_token,
        token_verifier=token_verifier,
        users=users,
        revoked_tokens=revoked_tokens,
        token_issuer=token_issuer,
        clock=clock,
        allow_demo=settings.provided.allows_demo,
    )
    sign_out: providers.Callable[None] = providers.Callable(
        use_cases.sign_out, revoked_tokens=revoked_tokens, token_issuer=token_issuer, clock=clock
    )
    limit_requests: providers.Callable[None] = providers.Callable(use_cases.limit_requests, rate_limiter=rate_limiter)
    create_user: providers.Callable[User] = providers.Callable(
        instrumented(use_cases.create_user),
        metrics=metrics,
        users=users,
        normalize_email=normalize_email,
        password_hasher=password_hasher,
        clock=clock,
        new_id=new_id,
    )
    list_users: providers.Callable[Sequence[User]] = providers.Callable(
        instrumented(use_cases.list_users), metrics=metrics, users=users
    )
    disable_user: providers.Callable[None] = providers.Callable(
        instrumented(use_cases.disable_user),
        metrics=metrics,
        users=users,
        revoked_tokens=revoked_tokens,
        normalize_email=normalize_email,
        clock=clock,
    )
    enable_user: providers.Callable[None] = providers.Callable(
        instrumented(use_cases.enable_user), metrics=metrics, users=users, normalize_email=normalize_email
    )
    change_password: providers.Callable[None] = providers.Callable(
        instrumented(use_cases.change_password),
        metrics=metrics,
        users=users,
        normalize_email=normalize_email,
        revoked_tokens=revoked_tokens,
        password_hasher=password_hasher,
        clock=clock,
    )
    end_sessions: providers.Callable[None] = providers.Callable(
        instrumented(use_cases.end_sessions),
        metrics=metrics,
        users=users,
        normalize_email=normalize_email,
        revoked_tokens=revoked_tokens,
        clock=clock,
    )
    finish_restore: providers.Callable[int] = providers.Callable(
        instrumented(use_cases.finish_restore),
        metrics=metrics,
        store_identity=store.provided.identity,
        revoked_tokens=revoked_tokens,
        clock=clock,
    )
    place_order: providers.Callable[Order] = providers.Callable(
        instrumented(retry_on_contention(use_cases.place_order)), metrics=metrics, uow=uow, clock=clock, new_id=new_id
    )
    get_order: providers.Callable[Order] = providers.Callable(
        instrumented(use_cases.get_order), metrics=metrics, queries=queries, cache=order_cache
    )
    list_orders: providers.Callable[Page] = providers.Callable(
        instrumented(use_cases.list_orders), metrics=metrics, queries=replica_queries
    )
    change_status: providers.Callable[Order] = providers.Callable(
        instrumented(retry_on_contention(use_cases.change_status)),
        metrics=metrics,
        uow=uow,
        cache=order_cache,
        clock=clock,
    )
    place_catalog_order: providers.Callable[Order] = providers.Callable(
        instrumented(retry_on_contention(use_cases.place_catalog_order)),
        metrics=metrics,
        uow=uow,
        clock=clock,
        new_id=new_id,
    )
    place_cart_order: providers.Callable[Order] = providers.Callable(
        instrumented(retry_on_contention(use_cases.place_cart_order)),
        metrics=metrics,
        signature_verifier=cart_signature_verifier,
        policy=cart_policy,
        uow=uow,
        clock=clock,
        new_id=new_id,
    )
    cancel_order: providers.Callable[Order] = providers.Callable(
        instrumented(retry_on_contention(use_cases.cancel_order)),
        metrics=metrics,
        uow=uow,
        cache=order_cache,
        clock=clock,
    )
    place_shipped_order: providers.Callable[Order] = providers.Callable(
        instrumented(retry_on_contention(use_cases.place_shipped_order)),
        metrics=metrics,
        uow=uow,
        clock=clock,
        new_id=new_id,
    )
    place_reserved_order: providers.Callable[Order] = providers.Callable(
        retry_on_contention(use_cases.place_reserved_order), uow=uow, clock=clock
    )
    place_order_via_services: providers.Callable[Order] = providers.Callable(
        instrumented(use_cases.place_order_via_services),
        metrics=metrics,
        catalog_service=catalog_service,
        shipment_service=shipment_service,
        uow=uow,
        place_reserved_order=place_reserved_order.provider,
        clock=clock,
        new_id=new_id,
    )
    place_shipped_order_by_settings = providers.Callable(
        bootstrap.choose_place_shipped_order,
        settings,
        locally=place_shipped_order.provider,
        via_services=place_order_via_services.provider,
    )
    release_reservations: providers.Callable[use_cases.ReleaseResult] = providers.Callable(
        use_cases.release_reservations,
        uow=uow,
        catalog_service=catalog_service,
        shipment_service=shipment_service,
        clock=clock,
    )
    reservation_releaser = providers.Factory(ReservationReleaser, release_reservations=release_reservations.provider)
    delete_order: providers.Callable[None] = providers.Callable(
        instrumented(retry_on_contention(use_cases.delete_order)),
        metrics=metrics,
        uow=uow,
        cache=order_cache,
        clock=clock,
    )
    add_product: providers.Callable[Product] = providers.Callable(
        instrumented(retry_on_contention(use_cases.add_product)), metrics=metrics, uow=uow, clock=clock
    )
    update_product: providers.Callable[Product] = providers.Callable(
        instrumented(retry_on_contention(use_cases.update_product)), metrics=metrics, uow=uow, clock=clock
    )
    restock_product: providers.Callable[Product] = providers.Callable(
        instrumented(retry_on_contention(use_cases.restock_product)), metrics=metrics, uow=uow, clock=clock
    )
    get_order_history: providers.Callable[Sequence[HistoryEntry]] = providers.Callable(
        instrumented(use_cases.get_order_history), metrics=metrics, queries=queries
    )
    get_order_statistics: providers.Callable[use_cases.OrderStatistics] = providers.Callable(
        instrumented(use_cases.get_order_statistics), metrics=metrics, queries=queries, clock=clock
    )
    get_product: providers.Callable[Product] = providers.Callable(
        use_cases.get_product, product_catalog=product_catalog
    )
    list_products: providers.Callable[ProductPage] = providers.Callable(
        use_cases.list_products, product_catalog=product_catalog
    )
    get_stock_health: providers.Callable[use_cases.StockHealthReport] = providers.Callable(
        instrumented(use_cases.get_stock_health), metrics=metrics, product_catalog=product_catalog, clock=clock
    )
    get_order_analytics: providers.Callable[Analytics] = providers.Callable(
        instrumented(use_cases.get_order_analytics), metrics=metrics, analytics=analytics, clock=clock
    )
    add_template: providers.Callable[OrderTemplate] = providers.Callable(
        instrumented(use_cases.add_template), metrics=metrics, templates=templates, clock=clock
    )
    list_templates: providers.Callable[Sequence[OrderTemplate]] = providers.Callable(
        instrumented(use_cases.list_templates), metrics=metrics, templates=templates
    )
    delete_template: providers.Callable[None] = providers.Callable(
        instrumented(use_cases.delete_template), metrics=metrics, templates=templates
    )
    place_order_from_template: providers.Callable[Order] = providers.Callable(
        instrumented(retry_on_contention(use_cases.place_order_from_template)),
        metrics=metrics,
        templates=templates,
        uow=uow,
        clock=clock,
        new_id=new_id,
    )
    bulk_change_status: providers.Callable[BulkStatusJob] = providers.Callable(
        instrumented(use_cases.bulk_change_status),
        metrics=metrics,
        change_status=change_status.provider,
        jobs=jobs,
        clock=clock,
        new_id=new_id,
    )
    get_job: providers.Callable[BulkStatusJob] = providers.Callable(
        instrumented(use_cases.get_job), metrics=metrics, jobs=jobs
    )
    run_job: providers.Callable[BulkStatusJob | None] = providers.Callable(
        use_cases.run_job, jobs=jobs, change_status=change_status.provider, clock=clock
    )
    upsert_products: providers.Callable[Mapping[str, UpsertOutcome]] = providers.Callable(
        instrumented(retry_on_contention(use_cases.upsert_products)), metrics=metrics, uow=uow, clock=clock
    )
    import_products: providers.Callable[Iterator[ImportResult]] = providers.Callable(
        use_cases.import_products, upsert_products=upsert_products.provider
    )
    export_orders: providers.Callable[Iterator[Page]] = providers.Callable(
        use_cases.export_orders, queries=replica_queries
    )
    relay_events: providers.Callable[use_cases.RelayResult] = providers.Callable(
        use_cases.relay_events, outbox=outbox, publisher=publisher, cache=order_cache, clock=clock
    )
    purge_expired_data: providers.Callable[use_cases.PurgeResult] = providers.Callable(
        use_cases.purge_expired_data,
        outbox=outbox,
        idempotency_keys=store.provided.idempotency_keys,
        revoked_tokens=store.provided.revoked_tokens,
        inbox=store.provided.inbox,
        jobs=jobs,
        clock=clock,
    )
    track_shipment: providers.Callable[use_cases.TrackingOutcome] = providers.Callable(
        instrumented(retry_on_contention(use_cases.track_shipment), user_and_order=of_tracking_event),
        metrics=metrics,
        uow=uow,
        cache=order_cache,
        clock=clock,
    )
    notify_user: providers.Callable[use_cases.NotificationOutcome] = providers.Callable(
        instrumented(retry_on_contention(use_cases.notify_user), user_and_order=of_notification),
        metrics=metrics,
        uow=uow,
        email_lookup=store.provided.email_lookup,
        notifier=notifier.provided.notify,
        clock=clock,
    )
    tracking_handler = providers.Factory(message_handler, _track_shipment_request, track_shipment.provider)
    notification_handler = providers.Factory(message_handler, _notify_user_request, notify_user.provider)
    tracking_worker = providers.Factory(MessageWorker, consumer=tracking_events, handler=tracking_handler)
    notification_worker = providers.Factory(MessageWorker, consumer=notifications, handler=notification_handler)
    relay = providers.Factory(
        OutboxRelay,
        relay_events=relay_events.provider,
        purge_expired_data=purge_expired_data.provider,
        wait=store.provided.wait,
        clock=clock,
    )
    job_runner = providers.Singleton(bootstrap.job_runner, settings, run_job.provider, clock=clock)
    job_worker = providers.Factory(
        JobWorker, jobs=jobs, start_job=job_runner, wait=store.provided.wait_for_jobs, clock=clock
    )

    web_use_cases = providers.Singleton(
        UseCases,
        authenticate=authenticate.provider,
        sign_in=sign_in.provider,
        refresh_token=refresh_token.provider,
        limit_requests=limit_requests.provider,
        sign_out=sign_out.provider,
        place_order=place_order.provider,
        place_catalog_order=place_catalog_order.provider,
        place_cart_order=place_cart_order.provider,
        place_order_from_template=place_order_from_template.provider,
        get_order=get_order.provider,
        list_orders=list_orders.provider,
        change_status=change_status.provider,
        cancel_order=cancel_order.provider,
        delete_order=delete_order.provider,
        bulk_change_status=bulk_change_status.provider,
        get_job=get_job.provider,
        get_order_history=get_order_history.provider,
        get_order_statistics=get_order_statistics.provider,
        get_order_analytics=get_order_analytics.provider,
        add_template=add_template.provider,
        list_templates=list_templates.provider,
        delete_template=delete_template.provider,
        add_product=add_product.provider,
        update_product=update_product.provider,
        restock_product=restock_product.provider,
        get_product=get_product.provider,
        list_products=list_products.provider,
        get_stock_health=get_stock_health.provider,
        place_shipped_order=place_shipped_order_by_settings,
        default_currency=settings.provided.default_currency,
        request_limit=settings.provided.request_limit,
        products_public=settings.provided.products_are_public,
        new_sku=providers.Callable(generate_sku, new_id).provider,
        prefetch_order=order_cache.provided.prefetch,
        check_components=checks.provider,
        measure_components=providers.Callable(_measure_components, metrics, cache, store).provider,
        metrics=metrics,
    )


def close(container: Container) -> None:
    """Close all connections; the container can be used again and reconnects."""
    for component in (container.store(), container.cache(), container.broker(), container.auth()):
        component.close()
