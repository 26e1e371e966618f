"""Who stands behind what: the only place that names adapters. One line a use case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dependency_injector import containers, providers

from orders_adapters.serialization import incoming_messages
from orders_adapters.sql.retry import retry_on_contention
from orders_adapters.system import clock as system_clock
from orders_adapters.system.ids import UuidSequence
from orders_domain import use_cases
from orders_domain.model.analytics import Analytics
from orders_domain.model.auth_token import AuthenticatedToken
from orders_domain.model.history import HistoryEntry
from orders_domain.model.job import BulkStatusJob
from orders_domain.model.order import Order
from orders_domain.model.order_filter import Page
from orders_domain.model.order_template import OrderTemplate
from orders_domain.model.product import Product
from orders_domain.model.user import User
from orders_domain.use_cases.catalog.import_products import ImportResult
from orders_domain.use_cases.catalog.upsert_products import UpsertOutcome
from orders_flask import bootstrap
from orders_flask.observability.instrumentation import observed
from orders_flask.observability.instrumented_cache import InstrumentedOrderCache
from orders_flask.observability.metrics import Metrics
from orders_flask.settings import Settings
from orders_flask.workers.job_worker import JobWorker
from orders_flask.workers.message_worker import Intake, dealing_with
from orders_flask.workers.outbox_relay import Relay
from orders_flask.workers.reservation_releaser import BookingWorker


def _checks(
    store: bootstrap.Store, cache: bootstrap.CachePart, broker: bootstrap.BrokerPart
) -> Mapping[str, bootstrap.Check]:
    return {"database": store.check, "cache": cache.check, "broker": broker.check}


def _tracked(raw: bytes) -> use_cases.TrackShipment:
    return use_cases.TrackShipment(event=incoming_messages.parse_tracking_event(raw))


def _notified(raw: bytes) -> use_cases.NotifyUser:
    return use_cases.NotifyUser(notification=incoming_messages.parse_notification(raw))


def _elsewhere(*checks: Mapping[str, bootstrap.Check]) -> Mapping[str, bootstrap.Check]:
    """What is asked by name only, and makes nobody unready."""
    return {name: check for some in checks for name, check in some.items()}


class Container(containers.DeclarativeContainer):
    """Made with ``Container(settings=...)``; parts that are dear are made when first needed, after any fork."""

    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)

    clock = providers.Object(system_clock.now)
    new_id = providers.Singleton(UuidSequence)
    identity = providers.Singleton(bootstrap.identity, settings)
    store = providers.Singleton(bootstrap.store, settings)
    cache = providers.Singleton(bootstrap.cache, settings, clock=clock)
    broker = providers.Singleton(bootstrap.broker, settings)
    notifier = providers.Singleton(bootstrap.notifier, settings)
    tracking_events = providers.Factory(bootstrap.tracking_events, settings)
    notifications = providers.Factory(bootstrap.notifications, settings)
    entrance = providers.Singleton(bootstrap.sign_in, settings, store, cache, clock=clock)
    services = providers.Singleton(bootstrap.services, settings)
    checks = providers.Callable(_checks, store, cache, broker)
    elsewhere = providers.Callable(
        _elsewhere,
        providers.Callable(bootstrap.replica_checks, settings),
        providers.Callable(bootstrap.identity_checks, settings),
        providers.Callable(bootstrap.job_checks, settings, clock=clock),
        services.provided.checks,
        notifier.provided.checks,
    )

    signatures = providers.Singleton(bootstrap.signatures, settings)
    mint: providers.Callable[str] = providers.Callable(bootstrap.mint, settings)

    uow = store.provided.unit_of_work.call()
    queries = store.provided.queries
    catalogue = store.provided.catalogue
    analytics = store.provided.analytics
    templates = store.provided.templates
    reads = store.provided.reads  # may be a replica: nothing that decides a write is read there
    outbox = store.provided.outbox
    jobs = store.provided.jobs
    users = store.provided.users
    denylist = entrance.provided.denylist
    attempts = entrance.provided.attempts
    passwords = entrance.provided.passwords
    issue = entrance.provided.issue
    metrics = providers.Singleton(Metrics, backlog=outbox.backlog, clock=clock)
    kept = providers.Singleton(InstrumentedOrderCache, cache.provided.cache, metrics)
    publisher = broker.provided.publisher
    reservations = services.provided.reservations
    shipments = services.provided.shipments

    identify: providers.Callable[AuthenticatedToken] = providers.Callable(
        use_cases.authenticate, token_verifier=identity, revoked_tokens=denylist
    )
    sign_in: providers.Callable[str] = providers.Callable(
        use_cases.sign_in,
        users=users,
        password_hasher=passwords,
        rate_limiter=attempts,
        token_issuer=issue,
        clock=clock,
        new_id=new_id,
    )
    refresh_token: providers.Callable[str] = providers.Callable(
        use_cases.refresh_token,
        token_verifier=identity,
        users=users,
        revoked_tokens=denylist,
        token_issuer=issue,
        clock=clock,
    )
    sign_out: providers.Callable[None] = providers.Callable(
        use_cases.sign_out, revoked_tokens=denylist, token_issuer=issue, clock=clock
    )
    create_user: providers.Callable[User] = providers.Callable(
        observed(use_cases.create_user),
        metrics=metrics,
        users=users,
        password_hasher=passwords,
        clock=clock,
        new_id=new_id,
    )
    list_users: providers.Callable[Sequence[User]] = providers.Callable(
        observed(use_cases.list_users), metrics=metrics, users=users
    )
    disable_user: providers.Callable[None] = providers.Callable(
        observed(use_cases.disable_user), metrics=metrics, users=users, clock=clock
    )
    enable_user: providers.Callable[None] = providers.Callable(
        observed(use_cases.enable_user), metrics=metrics, users=users
    )
    change_password: providers.Callable[None] = providers.Callable(
        observed(use_cases.change_password), metrics=metrics, users=users, password_hasher=passwords
    )
    place_order: providers.Callable[Order] = providers.Callable(
        observed(retry_on_contention(use_cases.place_order)), metrics=metrics, uow=uow, clock=clock, new_id=new_id
    )
    get_order: providers.Callable[Order] = providers.Callable(
        observed(use_cases.get_order), metrics=metrics, queries=queries, cache=kept
    )
    list_orders: providers.Callable[Page] = providers.Callable(
        observed(use_cases.list_orders), metrics=metrics, queries=reads
    )
    change_status: providers.Callable[Order] = providers.Callable(
        observed(retry_on_contention(use_cases.change_status)), metrics=metrics, uow=uow, cache=kept, clock=clock
    )
    order_products: providers.Callable[Order] = providers.Callable(
        observed(retry_on_contention(use_cases.place_catalog_order)),
        metrics=metrics,
        uow=uow,
        clock=clock,
        new_id=new_id,
    )
    place_cart: providers.Callable[Order] = providers.Callable(
        observed(retry_on_contention(use_cases.place_cart_order)),
        metrics=metrics,
        signature_verifier=signatures,
        uow=uow,
        clock=clock,
        new_id=new_id,
    )
    cancel_order: providers.Callable[Order] = providers.Callable(
        observed(retry_on_contention(use_cases.cancel_order)), metrics=metrics, uow=uow, cache=kept, clock=clock
    )
    ship_products: providers.Callable[Order] = providers.Callable(
        observed(retry_on_contention(use_cases.place_shipped_order)),
        metrics=metrics,
        uow=uow,
        clock=clock,
        new_id=new_id,
    )
    place_booked: providers.Callable[Order] = providers.Callable(
        retry_on_contention(use_cases.place_reserved_order), uow=uow, clock=clock
    )
    ship_through_services: providers.Callable[Order] = providers.Callable(
        observed(use_cases.place_order_via_services),
        metrics=metrics,
        catalog_service=reservations,
        shipment_service=shipments,
        uow=uow,
        place_reserved_order=place_booked.provider,
        clock=clock,
        new_id=new_id,
    )
    shipping = providers.Callable(
        bootstrap.shipping, settings, ours=ship_products.provider, through_services=ship_through_services.provider
    )
    release_bookings: providers.Callable[use_cases.ReleaseResult] = providers.Callable(
        use_cases.release_reservations, uow=uow, catalog_service=reservations, shipment_service=shipments, clock=clock
    )
    booking_worker = providers.Factory(BookingWorker, release_bookings=release_bookings.provider)
    delete_order: providers.Callable[None] = providers.Callable(
        observed(retry_on_contention(use_cases.delete_order)), metrics=metrics, uow=uow, cache=kept, clock=clock
    )
    add_product: providers.Callable[Product] = providers.Callable(
        observed(retry_on_contention(use_cases.add_product)), metrics=metrics, uow=uow, clock=clock
    )
    change_product: providers.Callable[Product] = providers.Callable(
        observed(retry_on_contention(use_cases.update_product)), metrics=metrics, uow=uow, clock=clock
    )
    restock: providers.Callable[Product] = providers.Callable(
        observed(retry_on_contention(use_cases.restock_product)), metrics=metrics, uow=uow, clock=clock
    )
    order_history: providers.Callable[Sequence[HistoryEntry]] = providers.Callable(
        observed(use_cases.get_order_history), metrics=metrics, queries=queries
    )
    order_statistics: providers.Callable[use_cases.OrderStatistics] = providers.Callable(
        observed(use_cases.get_order_statistics), metrics=metrics, queries=queries, clock=clock
    )
    check_stock: providers.Callable[use_cases.StockHealthReport] = providers.Callable(
        observed(use_cases.get_stock_health), metrics=metrics, product_catalog=catalogue, clock=clock
    )
    analyse_orders: providers.Callable[Analytics] = providers.Callable(
        observed(use_cases.get_order_analytics), metrics=metrics, analytics=analytics, clock=clock
    )
    add_template: providers.Callable[OrderTemplate] = providers.Callable(
        observed(use_cases.add_template), metrics=metrics, templates=templates, clock=clock
    )
    list_templates: providers.Callable[Sequence[OrderTemplate]] = providers.Callable(
        observed(use_cases.list_templates), metrics=metrics, templates=templates
    )
    remove_template: providers.Callable[None] = providers.Callable(
        observed(use_cases.delete_template), metrics=metrics, templates=templates
    )
    place_template: providers.Callable[Order] = providers.Callable(
        observed(retry_on_contention(use_cases.place_order_from_template)),
        metrics=metrics,
        templates=templates,
        uow=uow,
        clock=clock,
        new_id=new_id,
    )
    change_statuses: providers.Callable[BulkStatusJob] = providers.Callable(
        observed(use_cases.bulk_change_status),
        metrics=metrics,
        change_status=change_status.provider,
        jobs=jobs,
        clock=clock,
        new_id=new_id,
    )
    get_job: providers.Callable[BulkStatusJob] = providers.Callable(
        observed(use_cases.get_job), metrics=metrics, jobs=jobs
    )
    run_job: providers.Callable[BulkStatusJob | None] = providers.Callable(
        use_cases.run_job, jobs=jobs, change_status=change_status.provider, clock=clock
    )
    put_products: providers.Callable[Mapping[str, UpsertOutcome]] = providers.Callable(
        observed(retry_on_contention(use_cases.upsert_products)), metrics=metrics, uow=uow, clock=clock
    )
    import_products: providers.Callable[Iterator[ImportResult]] = providers.Callable(
        use_cases.import_products, upsert_products=put_products.provider
    )
    export_orders: providers.Callable[Iterator[Page]] = providers.Callable(use_cases.export_orders, queries=reads)
    relay_events: providers.Callable[use_cases.RelayResult] = providers.Callable(
        use_cases.relay_events, outbox=outbox, publisher=publisher, cache=kept, clock=clock
    )
    prune: providers.Callable[use_cases.PurgeResult] = providers.Callable(
        use_cases.purge_expired_data,
        outbox=outbox,
        idempotency_keys=store.provided.keys,
        revoked_tokens=store.provided.denied,
        inbox=store.provided.inbox,
        clock=clock,
    )
    track_shipment: providers.Callable[use_cases.TrackingOutcome] = providers.Callable(
        observed(retry_on_contention(use_cases.track_shipment)), metrics=metrics, uow=uow, cache=kept, clock=clock
    )
    notify_user: providers.Callable[use_cases.NotificationOutcome] = providers.Callable(
        observed(retry_on_contention(use_cases.notify_user)),
        metrics=metrics,
        uow=uow,
        email_lookup=store.provided.addresses,
        notifier=notifier.provided.notify,
        clock=clock,
    )
    deal_with_tracking = providers.Factory(dealing_with, _tracked, track_shipment.provider)
    deal_with_notification = providers.Factory(dealing_with, _notified, notify_user.provider)
    tracking = providers.Factory(Intake, inlet=tracking_events, handle=deal_with_tracking)
    notifying = providers.Factory(Intake, inlet=notifications, handle=deal_with_notification)
    relay = providers.Factory(
        Relay, relay_events=relay_events.provider, prune=prune.provider, wait=store.provided.wait, clock=clock
    )
    job_runner = providers.Singleton(bootstrap.job_runner, settings, run_job.provider, clock=clock)
    job_worker = providers.Factory(
        JobWorker, jobs=jobs, begin=job_runner, wait=store.provided.wait_for_jobs, clock=clock
    )


def close(container: Container) -> None:
    """Give back every connection; the container may be used again, and connects anew."""
    for part in (container.store(), container.cache(), container.broker(), container.entrance()):
        part.close()
