"""In-memory webhook endpoint repository."""

from collections.abc import Callable, Sequence
from uuid import UUID

from orders_adapters.memory.store import InMemoryStore
from orders_domain.model.webhooks.endpoint import TooManyWebhooks, WebhookEndpoint, WebhookExists, WebhookNotFound
from orders_domain.ports.webhooks.endpoints import WebhookEndpointRepository


class InMemoryWebhookEndpointRepository(WebhookEndpointRepository):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def add(self, endpoint: WebhookEndpoint, *, limit: int) -> None:
        with self._store.read_lock:
            if any(each.url == endpoint.url for each in self._store.webhooks.values()):
                raise WebhookExists
            if len(self._store.webhooks) >= limit:
                raise TooManyWebhooks(limit)
            self._store.webhooks[endpoint.id] = endpoint

    def get(self, endpoint_id: UUID) -> WebhookEndpoint:
        with self._store.read_lock:
            return self._found(endpoint_id)

    def list(self) -> Sequence[WebhookEndpoint]:
        with self._store.read_lock:
            return sorted(self._store.webhooks.values(), key=lambda each: (each.created_at, each.id))

    def update(self, endpoint_id: UUID, change: Callable[[WebhookEndpoint], WebhookEndpoint]) -> WebhookEndpoint:
        with self._store.read_lock:
            changed = self._store.webhooks[endpoint_id] = change(self._found(endpoint_id))
            return changed

    def remove(self, endpoint_id: UUID) -> None:
        with self._store.read_lock:
            del self._store.webhooks[self._found(endpoint_id).id]
            deliveries = self._store.webhook_deliveries
            for delivery in [each for each in deliveries.values() if each.endpoint_id == endpoint_id]:
                del deliveries[delivery.id]

    def _found(self, endpoint_id: UUID) -> WebhookEndpoint:
        if endpoint_id not in self._store.webhooks:
            raise WebhookNotFound
        return self._store.webhooks[endpoint_id]
