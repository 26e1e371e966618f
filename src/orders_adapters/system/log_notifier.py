"""Letters to the log, where there is no mail server."""

import logging

from orders_domain.ports.notifier import NotificationMessage

log = logging.getLogger(__name__)


def notify(message: NotificationMessage) -> None:
    """Tell the log instead of the person."""
    log.info("notification %s to %s: %s", message.notification.id, message.to, message.notification.message)
