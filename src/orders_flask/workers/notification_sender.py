"""Notification sender: queues the notifications of new events, and sends those of one channel."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from orders_domain.model.notification import Channel, NotificationState
from orders_domain.use_cases import NotificationResult, SendNotification
from orders_flask.workers import runner

log = structlog.get_logger(__name__)

POLL_INTERVAL = 1.0  # seconds


@dataclass(kw_only=True)
class NotificationSender:
    """``run`` returns when ``stop`` is set and the current notification is sent. Any number of them may run.

    If it is killed while it sends a notification, the notification is sent again, with the same id.
    """

    channel: Channel
    queue_notifications: Callable[[], int]
    send_notification: Callable[[SendNotification], NotificationResult | None]
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        runner.run(self.step, stop=self.stop, name=f"{self.channel.value} notification sender")

    def step(self) -> None:
        """Queue the notifications of new events, and send those that are due; if there are none, wait."""
        queued = self.queue_notifications()
        sent = 0
        while not self.stop.is_set() and (result := self.send_notification(SendNotification(channel=self.channel))):
            sent += 1
            self._log(result)
        if not queued and not sent:
            self.stop.wait(POLL_INTERVAL)

    def _log(self, result: NotificationResult) -> None:
        fields = {"notification": str(result.id), "channel": self.channel.value}
        if result.state is NotificationState.FAILED:
            log.warning("notification.failed", error=result.error, advice="See: orders notify letters", **fields)
        elif result.state is NotificationState.WAITING:
            log.info("notification.deferred", error=result.error, **fields)
        else:
            log.info("notification.finished", state=result.state.value, **fields)
