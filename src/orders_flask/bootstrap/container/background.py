"""Use cases without a request, and the workers that run them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import structlog
from dependency_injector import providers

from orders_adapters.serialization import incoming_messages
from orders_adapters.sql.retry import retry_on_contention
from orders_domain import use_cases
from orders_domain.model.events import Event
from orders_domain.model.jobs import BulkStatusJob, DeferredAnswer, Job, PlacementJob
from orders_domain.model.notification import AlertRecipient, Channel
from orders_domain.ports.events.dead_letters import DeadLetterPage
from orders_domain.ports.notifier import Notifier
from orders_flask import bootstrap
from orders_flask.bootstrap.container.components import Components
from orders_flask.bootstrap.container.file_jobs import FileJobUseCases
from orders_flask.bootstrap.container.orders import OrderUseCases
from orders_flask.observability.instrumentation import instrumented, of_payment_message, of_tracking_event
from orders_flask.workers.data_purger import DataPurger
from orders_flask.workers.job_worker import JobWorker
from orders_flask.workers.message_worker import MessageWorker, message_handler
from orders_flask.workers.notification_sender import NotificationSender
from orders_flask.workers.order_expirer import OrderExpirer
from orders_flask.workers.outbox_relay import OutboxRelay
from orders_flask.workers.reservation_releaser import ReservationReleaser

log = structlog.get_logger(__name__)


def _log_unreadable_event(event: Event, error: Exception) -> None:
    log.error("notification.skipped", id=str(event.id), type=event.type, order=str(event.order_id), exc_info=error)


def _track_shipment_request(raw: bytes) -> use_cases.TrackShipment:
    return use_cases.TrackShipment(event=incoming_messages.parse_tracking_event(raw))


def _receive_payment_request(raw: bytes) -> use_cases.ReceivePayment:
    return use_cases.ReceivePayment(message=incoming_messages.parse_payment_message(raw))


def _notification_senders(
    notifiers: Mapping[Channel, Notifier],
    *,
    queue_notifications: Callable[[], int],
    send_notification: Callable[[use_cases.SendNotification], use_cases.NotificationResult | None],
) -> Sequence[NotificationSender]:
    """Return a sender for each channel, so that a channel that is down does not delay the others."""
    return [
        NotificationSender(
            channel=channel, queue_notifications=queue_notifications, send_notification=send_notification
        )
        for channel in notifiers
    ]


def _no_application(job: PlacementJob) -> DeferredAnswer:
    raise RuntimeError(f"The job {job.id} must be run by a process that has created the application.")


class BackgroundUseCases(FileJobUseCases):
    finish_restore: providers.Callable[int] = providers.Callable(
        instrumented(use_cases.finish_restore),
        metrics=Components.metrics,
        store_identity=Components.store.provided.identity,
        revoked_tokens=Components.revoked_tokens,
        clock=Components.clock,
    )
    check_consistency: providers.Callable[Iterator[use_cases.ConsistencyStep]] = providers.Callable(
        use_cases.check_consistency,  # not instrumented, because it ends when its steps are taken
        checks=Components.store.provided.consistency,
        cache=Components.order_cache,
        clock=Components.store_clock,
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
        new_id=Components.new_id,
    )
    expire_stock_holds: providers.Callable[use_cases.ExpiryResult] = providers.Callable(
        use_cases.expire_stock_holds,
        stock_holds=Components.stock_holds,
        uow=Components.uow,
        clock=Components.store_clock,
    )
    order_expirer = providers.Factory(
        OrderExpirer, expire_orders=expire_orders.provider, expire_stock_holds=expire_stock_holds.provider
    )
    get_job: providers.Callable[BulkStatusJob] = providers.Callable(
        instrumented(use_cases.get_job), metrics=Components.metrics, jobs=Components.jobs
    )
    defer_placement: providers.Callable[PlacementJob] = providers.Callable(
        instrumented(use_cases.defer_placement),
        metrics=Components.metrics,
        jobs=Components.jobs,
        clock=Components.store_clock,
        new_id=Components.new_id,
    )
    get_placement: providers.Callable[PlacementJob] = providers.Callable(
        instrumented(use_cases.get_placement), metrics=Components.metrics, jobs=Components.jobs
    )
    answer_request = providers.Object(_no_application)
    """Overridden by the application of this container."""
    run_job: providers.Callable[Job | None] = providers.Callable(
        use_cases.run_job,
        jobs=Components.jobs,
        change_status=OrderUseCases.change_status.provider,
        answer_request=answer_request,
        run_file_job=FileJobUseCases.run_file_job.provider,
        clock=Components.store_clock,
    )
    relay_events: providers.Callable[use_cases.RelayResult] = providers.Callable(
        use_cases.relay_events,
        outbox=Components.outbox,
        publisher=Components.publisher,
        cache=Components.order_cache,
        clock=Components.store_clock,
    )
    read_events: providers.Callable[use_cases.EventPage] = providers.Callable(
        use_cases.read_events,  # not instrumented, because a poll calls it several times a second
        feed=Components.store.provided.event_feed,
        store_identity=Components.store.provided.identity,
    )
    replay_events: providers.Callable[Iterator[use_cases.ReplayStep]] = providers.Callable(
        use_cases.replay_events,
        feed=Components.store.provided.event_feed,
        store_identity=Components.store.provided.identity,
        publisher=Components.publisher,
    )
    list_outbox: providers.Callable[use_cases.OutboxEvents] = providers.Callable(
        instrumented(use_cases.list_outbox), metrics=Components.metrics, outbox=Components.outbox
    )
    resend_events: providers.Callable[use_cases.ResentEvents] = providers.Callable(
        instrumented(use_cases.resend_events),
        metrics=Components.metrics,
        outbox=Components.outbox,
        clock=Components.store_clock,
    )
    list_dead_letters: providers.Callable[DeadLetterPage] = providers.Callable(
        instrumented(use_cases.list_dead_letters),
        metrics=Components.metrics,
        dead_letters=Components.dead_letters,
    )
    resend_dead_letters: providers.Callable[int] = providers.Callable(
        instrumented(use_cases.resend_dead_letters),
        metrics=Components.metrics,
        dead_letters=Components.dead_letters,
    )
    purge_expired_data: providers.Callable[use_cases.PurgeResult] = providers.Callable(
        use_cases.purge_expired_data,
        outbox=Components.outbox,
        idempotency_keys=Components.store.provided.idempotency_keys,
        revoked_tokens=Components.store.provided.revoked_tokens,
        inbox=Components.store.provided.inbox,
        jobs=Components.jobs,
        notifications=Components.store.provided.notifications,
        webhook_queue=Components.store.provided.webhook_queue,
        clock=Components.store_clock,
    )
    track_shipment: providers.Callable[use_cases.TrackingOutcome] = providers.Callable(
        instrumented(retry_on_contention(use_cases.track_shipment), user_and_order=of_tracking_event),
        metrics=Components.metrics,
        uow=Components.uow,
        cache=Components.order_cache,
        clock=Components.clock,
    )
    receive_payment: providers.Callable[use_cases.PaymentOutcome] = providers.Callable(
        instrumented(retry_on_contention(use_cases.receive_payment), user_and_order=of_payment_message),
        metrics=Components.metrics,
        uow=Components.uow,
        cache=Components.order_cache,
        clock=Components.clock,
        new_id=Components.new_id,
    )
    queue_notifications: providers.Callable[int] = providers.Callable(
        use_cases.queue_notifications,
        queue=Components.store.provided.notifications,
        recipients=Components.store.provided.alert_recipients,
        channels=Components.notifier.provided.notifiers,
        clock=Components.store_clock,
        on_failure=providers.Object(_log_unreadable_event),
    )
    send_notification: providers.Callable[use_cases.NotificationResult | None] = providers.Callable(
        use_cases.send_notification,
        queue=Components.store.provided.notifications,
        contact_lookup=Components.store.provided.contact_lookup,
        renderer=Components.notifier.provided.render,
        notifiers=Components.notifier.provided.notifiers,
        clock=Components.store_clock,
    )
    notification_senders: providers.Callable[Sequence[NotificationSender]] = providers.Callable(
        _notification_senders,
        Components.notifier.provided.notifiers,
        queue_notifications=queue_notifications.provider,
        send_notification=send_notification.provider,
    )
    add_alert_recipient: providers.Callable[None] = providers.Callable(
        instrumented(use_cases.add_alert_recipient),
        metrics=Components.metrics,
        recipients=Components.store.provided.alert_recipients,
    )
    remove_alert_recipient: providers.Callable[bool] = providers.Callable(
        instrumented(use_cases.remove_alert_recipient),
        metrics=Components.metrics,
        recipients=Components.store.provided.alert_recipients,
    )
    list_alert_recipients: providers.Callable[Sequence[AlertRecipient]] = providers.Callable(
        use_cases.list_alert_recipients, recipients=Components.store.provided.alert_recipients
    )
    tracking_handler = providers.Factory(message_handler, _track_shipment_request, track_shipment.provider)
    tracking_worker = providers.Factory(MessageWorker, consumer=Components.tracking_events, handler=tracking_handler)
    payment_handler = providers.Factory(message_handler, _receive_payment_request, receive_payment.provider)
    payment_worker = providers.Factory(MessageWorker, consumer=Components.payment_facts, handler=payment_handler)
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
