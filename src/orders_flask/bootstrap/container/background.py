"""Use cases without a request, and the workers that run them."""

from __future__ import annotations

from dependency_injector import providers

from orders_adapters.serialization import incoming_messages
from orders_adapters.sql.retry import retry_on_contention
from orders_domain import use_cases
from orders_domain.model.job import BulkStatusJob
from orders_flask import bootstrap
from orders_flask.bootstrap.container.components import Components
from orders_flask.bootstrap.container.orders import OrderUseCases
from orders_flask.observability.instrumentation import instrumented, of_notification, of_tracking_event
from orders_flask.workers.data_purger import DataPurger
from orders_flask.workers.job_worker import JobWorker
from orders_flask.workers.message_worker import MessageWorker, message_handler
from orders_flask.workers.order_expirer import OrderExpirer
from orders_flask.workers.outbox_relay import OutboxRelay
from orders_flask.workers.reservation_releaser import ReservationReleaser


def _track_shipment_request(raw: bytes) -> use_cases.TrackShipment:
    return use_cases.TrackShipment(event=incoming_messages.parse_tracking_event(raw))


def _notify_user_request(raw: bytes) -> use_cases.NotifyUser:
    return use_cases.NotifyUser(notification=incoming_messages.parse_notification(raw))


class BackgroundUseCases(OrderUseCases):
    finish_restore: providers.Callable[int] = providers.Callable(
        instrumented(use_cases.finish_restore),
        metrics=Components.metrics,
        store_identity=Components.store.provided.identity,
        revoked_tokens=Components.revoked_tokens,
        clock=Components.clock,
    )
    reservation_releaser = providers.Factory(
        ReservationReleaser, release_reservations=OrderUseCases.release_reservations.provider
    )
    expire_orders: providers.Callable[use_cases.ExpiryResult] = providers.Callable(
        use_cases.expire_orders,
        queries=Components.queries,
        uow=Components.uow,
        cache=Components.order_cache,
        clock=Components.store_clock,
    )
    order_expirer = providers.Factory(OrderExpirer, expire_orders=expire_orders.provider)
    get_job: providers.Callable[BulkStatusJob] = providers.Callable(
        instrumented(use_cases.get_job), metrics=Components.metrics, jobs=Components.jobs
    )
    run_job: providers.Callable[BulkStatusJob | None] = providers.Callable(
        use_cases.run_job,
        jobs=Components.jobs,
        change_status=OrderUseCases.change_status.provider,
        clock=Components.store_clock,
    )
    relay_events: providers.Callable[use_cases.RelayResult] = providers.Callable(
        use_cases.relay_events,
        outbox=Components.outbox,
        publisher=Components.publisher,
        cache=Components.order_cache,
        clock=Components.store_clock,
    )
    purge_expired_data: providers.Callable[use_cases.PurgeResult] = providers.Callable(
        use_cases.purge_expired_data,
        outbox=Components.outbox,
        idempotency_keys=Components.store.provided.idempotency_keys,
        revoked_tokens=Components.store.provided.revoked_tokens,
        inbox=Components.store.provided.inbox,
        jobs=Components.jobs,
        clock=Components.store_clock,
    )
    track_shipment: providers.Callable[use_cases.TrackingOutcome] = providers.Callable(
        instrumented(retry_on_contention(use_cases.track_shipment), user_and_order=of_tracking_event),
        metrics=Components.metrics,
        uow=Components.uow,
        cache=Components.order_cache,
        clock=Components.clock,
    )
    notify_user: providers.Callable[use_cases.NotificationOutcome] = providers.Callable(
        instrumented(retry_on_contention(use_cases.notify_user), user_and_order=of_notification),
        metrics=Components.metrics,
        uow=Components.uow,
        email_lookup=Components.store.provided.email_lookup,
        notifier=Components.notifier.provided.notify,
        clock=Components.clock,
    )
    tracking_handler = providers.Factory(message_handler, _track_shipment_request, track_shipment.provider)
    notification_handler = providers.Factory(message_handler, _notify_user_request, notify_user.provider)
    tracking_worker = providers.Factory(MessageWorker, consumer=Components.tracking_events, handler=tracking_handler)
    notification_worker = providers.Factory(
        MessageWorker, consumer=Components.notifications, handler=notification_handler
    )
    relay = providers.Factory(
        OutboxRelay,
        relay_events=relay_events.provider,
        wait=Components.store.provided.wait,
    )
    data_purger = providers.Factory(
        DataPurger,
        purge_expired_data=purge_expired_data.provider,
        backlog=Components.outbox.backlog,
        broker_advice=Components.broker.provided.warning,
    )
    job_runner = providers.Singleton(
        bootstrap.job_runner, Components.settings, run_job.provider, clock=Components.clock
    )
    job_worker = providers.Factory(
        JobWorker,
        jobs=Components.jobs,
        start_job=job_runner,
        wait=Components.store.provided.wait_for_jobs,
        clock=Components.store_clock,
    )
