"""Letters to the log, where there is no mail server."""

import logging

from orders_domain.ports.notifier import Letter

log = logging.getLogger(__name__)


def notify(letter: Letter) -> None:
    """Tell the log instead of the person."""
    log.info("notification %s to %s: %s", letter.notification.id, letter.to, letter.notification.message)
