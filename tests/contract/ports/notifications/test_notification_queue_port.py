"""Contract of NotificationQueue, on every adapter."""

from orders_adapters.testing.notifications.queue import NotificationQueueTests


class TestNotificationQueue(NotificationQueueTests):
    pass
