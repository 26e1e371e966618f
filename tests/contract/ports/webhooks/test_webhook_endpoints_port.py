"""Contract of WebhookEndpointRepository, on every adapter."""

from orders_adapters.testing.webhooks.endpoints import WebhookEndpointRepositoryTests


class TestWebhookEndpointRepository(WebhookEndpointRepositoryTests):
    pass
