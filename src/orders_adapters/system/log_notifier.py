"""Notifier that writes to the log, for deployments without a mail server."""

import logging

from orders_domain.ports.notifier import NotificationMessage

log = logging.getLogger(__name__)


def notify(message: NotificationMessage) -> None:
    log.info(
        "notification.logged: %(notification)s to %(to)s: %(text)s",
        {"notification": str(message.id), "to": message.to, "text": message.content.text},
    )
