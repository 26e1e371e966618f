"""Notifier component: mail or the log."""

from __future__ import annotations

from functools import partial

from orders_adapters.system.log_notifier import notify
from orders_flask.bootstrap.components import NotifierComponent, as_setting_error, check_health
from orders_flask.settings import Settings


def notifier(settings: Settings) -> NotifierComponent:
    if not settings.smtp_url:
        return NotifierComponent(notify=notify)
    from orders_adapters.smtp.notifier import SmtpNotifier as Mail

    with as_setting_error("SMTP_URL or SMTP_SENDER"):
        mail = Mail(settings.smtp_url, sender=settings.smtp_sender)
    return NotifierComponent(notify=mail, checks={"mail": partial(check_health, mail.ping)})
