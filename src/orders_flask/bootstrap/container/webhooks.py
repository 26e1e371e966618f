"""Use cases of webhooks, and the worker that delivers them."""

from __future__ import annotations

from collections.abc import Sequence

from dependency_injector import providers

from orders_domain.model.webhooks.delivery import DeliveryPage
from orders_domain.model.webhooks.endpoint import WebhookEndpoint
from orders_domain.use_cases import webhooks
from orders_flask import bootstrap
from orders_flask.bootstrap.container.components import Components
from orders_flask.observability.instrumentation import instrumented
from orders_flask.workers.webhook_deliverer import WebhookDeliverer

_store = Components.store.provided
_event_bytes = providers.Callable(bootstrap.event_bytes, Components.settings).provider


class WebhookUseCases(Components):
    add_webhook: providers.Callable[WebhookEndpoint] = providers.Callable(
        instrumented(webhooks.add_webhook),
        metrics=Components.metrics,
        endpoints=_store.webhooks,
        feed=_store.event_feed,
        store_identity=_store.identity,
        allowed_targets=Components.settings.provided.webhook_targets,
        max_endpoints=Components.settings.provided.webhook_max_endpoints,
        new_secret=Components.new_webhook_secret,
        clock=Components.store_clock,
        new_id=Components.new_id,
    )
    list_webhooks: providers.Callable[Sequence[WebhookEndpoint]] = providers.Callable(
        instrumented(webhooks.list_webhooks), metrics=Components.metrics, endpoints=_store.webhooks
    )
    get_webhook: providers.Callable[WebhookEndpoint] = providers.Callable(
        instrumented(webhooks.get_webhook), metrics=Components.metrics, endpoints=_store.webhooks
    )
    enable_webhook: providers.Callable[WebhookEndpoint] = providers.Callable(
        instrumented(webhooks.enable_webhook),
        metrics=Components.metrics,
        endpoints=_store.webhooks,
        feed=_store.event_feed,
        store_identity=_store.identity,
    )
    disable_webhook: providers.Callable[WebhookEndpoint] = providers.Callable(
        instrumented(webhooks.disable_webhook), metrics=Components.metrics, endpoints=_store.webhooks
    )
    remove_webhook: providers.Callable[None] = providers.Callable(
        instrumented(webhooks.remove_webhook), metrics=Components.metrics, endpoints=_store.webhooks
    )
    rotate_webhook_secret: providers.Callable[WebhookEndpoint] = providers.Callable(
        instrumented(webhooks.rotate_webhook_secret),
        metrics=Components.metrics,
        endpoints=_store.webhooks,
        new_secret=Components.new_webhook_secret,
        clock=Components.store_clock,
    )
    list_webhook_deliveries: providers.Callable[DeliveryPage] = providers.Callable(
        instrumented(webhooks.list_webhook_deliveries),
        metrics=Components.metrics,
        queue=_store.webhook_queue,
        endpoints=_store.webhooks,
    )
    redeliver_webhook: providers.Callable[int] = providers.Callable(
        instrumented(webhooks.redeliver_webhook),
        metrics=Components.metrics,
        queue=_store.webhook_queue,
        endpoints=_store.webhooks,
        clock=Components.store_clock,
    )
    send_test_webhook: providers.Callable[webhooks.ClaimedDelivery] = providers.Callable(
        instrumented(webhooks.send_test_webhook),
        metrics=Components.metrics,
        queue=_store.webhook_queue,
        endpoints=_store.webhooks,
        event_bytes=_event_bytes,
        clock=Components.store_clock,
        new_id=Components.new_id,
    )
    queue_webhook_deliveries: providers.Callable[int] = providers.Callable(
        webhooks.queue_webhook_deliveries,
        queue=_store.webhook_queue,
        endpoints=_store.webhooks,
        feed=_store.event_feed,
        store_identity=_store.identity,
        event_bytes=_event_bytes,
        clock=Components.store_clock,
    )
    claim_webhook_deliveries: providers.Callable[Sequence[webhooks.ClaimedDelivery]] = providers.Callable(
        webhooks.claim_webhook_deliveries,
        queue=_store.webhook_queue,
        endpoints=_store.webhooks,
        clock=Components.store_clock,
    )
    record_webhook_attempt: providers.Callable[webhooks.WebhookResult] = providers.Callable(
        webhooks.record_webhook_attempt,
        queue=_store.webhook_queue,
        endpoints=_store.webhooks,
        notifications=_store.notifications,
        recipients=_store.alert_recipients,
        clock=Components.store_clock,
    )
    webhook_deliverer = providers.Factory(
        WebhookDeliverer,
        queue_deliveries=queue_webhook_deliveries.provider,
        claim_deliveries=claim_webhook_deliveries.provider,
        send=Components.webhook_sender,
        record_attempt=record_webhook_attempt.provider,
        count_attempt=Components.metrics.provided.webhook_attempt,
        clock=Components.clock,
        max_attempts=providers.Callable(bootstrap.max_webhook_attempts, Components.settings),
    )
