"""Who brings letters to people: a mail server, or the log."""

from __future__ import annotations

from orders_adapters.system.notifier import notify
from orders_domain.ports.notifier import Notifier
from orders_flask.parts.shapes import blamed_on
from orders_flask.settings import Settings


def notifier(settings: Settings) -> Notifier:
    if not settings.smtp_url:
        return notify
    from orders_adapters.mail.notifier import Notifier as Mail

    with blamed_on("SMTP_URL or SMTP_SENDER"):
        return Mail(settings.smtp_url, sender=settings.smtp_sender)
