"""Who brings letters to people: a mail server, or the log."""

from __future__ import annotations

from functools import partial

from orders_adapters.system.log_notifier import notify
from orders_flask.bootstrap.components import NotifierPart, blamed_on, well
from orders_flask.settings import Settings


def notifier(settings: Settings) -> NotifierPart:
    if not settings.smtp_url:
        return NotifierPart(notify=notify)
    from orders_adapters.smtp.notifier import SmtpNotifier as Mail

    with blamed_on("SMTP_URL or SMTP_SENDER"):
        mail = Mail(settings.smtp_url, sender=settings.smtp_sender)
    return NotifierPart(notify=mail, checks={"mail": partial(well, mail.ping)})
