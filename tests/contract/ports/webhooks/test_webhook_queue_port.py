"""Contract of WebhookQueue, on every adapter."""

from orders_adapters.testing.webhooks.deliveries import WebhookQueueTests


class TestWebhookQueue(WebhookQueueTests):
    pass
