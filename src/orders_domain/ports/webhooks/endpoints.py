"""Webhook endpoint repository port."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias
from uuid import UUID

from orders_domain.model.webhooks.endpoint import WebhookEndpoint

NewSecret: TypeAlias = Callable[[], str]
"""Return a new random secret of Standard Webhooks: ``whsec_`` and the Base64 of 32 bytes."""


class WebhookEndpointRepository(Protocol):
    """The endpoints with their secrets. Every method raises StoreUnavailable if the store is unavailable."""

    def add(self, endpoint: WebhookEndpoint, *, limit: int) -> None:
        """Store the endpoint.

        Raises:
            WebhookExists: another endpoint has its URL.
            TooManyWebhooks: there are ``limit`` endpoints already, also if others are added at this moment.
        """
        ...

    def get(self, endpoint_id: UUID) -> WebhookEndpoint:
        """Return the endpoint.

        Raises:
            WebhookNotFound: it does not exist.
        """
        ...

    def list(self) -> Sequence[WebhookEndpoint]:
        """Return all endpoints, oldest first."""
        ...

    def update(self, endpoint_id: UUID, change: Callable[[WebhookEndpoint], WebhookEndpoint]) -> WebhookEndpoint:
        """Store and return the changed endpoint; no other change is lost. ``change`` may be called again.

        Raises:
            WebhookNotFound: the endpoint does not exist.
        """
        ...

    def remove(self, endpoint_id: UUID) -> None:
        """Delete the endpoint and its deliveries.

        Raises:
            WebhookNotFound: it does not exist.
        """
        ...
