"""Notification component: the templates, and the notifier of each configured channel."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import structlog

from orders_adapters.jinja.renderer import JinjaRenderer
from orders_adapters.system.log_notifier import notify
from orders_domain.model.notification import Channel
from orders_domain.ports.notifier import Notifier
from orders_flask.bootstrap.components import Check, NotifierComponent, as_setting_error, check_health
from orders_flask.settings import Settings

log = structlog.get_logger(__name__)


def notifier(settings: Settings) -> NotifierComponent:
    """Return the component; without a mail server and an SMS service, letters are logged."""
    folder = settings.notification_templates
    with as_setting_error("NOTIFICATION_TEMPLATES or NOTIFICATION_LANGUAGE"):
        renderer = JinjaRenderer(Path(folder) if folder else None, default_language=settings.notification_language)
    notifiers: dict[Channel, Notifier] = {}
    checks: dict[str, Check] = {"templates": partial(_describe, renderer)} if folder else {}
    if settings.smtp_url:
        from orders_adapters.smtp.notifier import SmtpNotifier

        with as_setting_error("SMTP_URL or SMTP_SENDER"):
            mail = SmtpNotifier(settings.smtp_url, sender=settings.smtp_sender)
        notifiers[Channel.EMAIL], checks["mail"] = mail, partial(check_health, mail.ping)
    if settings.sms_url:
        from orders_adapters.http.sms_notifier import HttpSmsNotifier

        with as_setting_error("SMS_URL or SMS_TOKEN"):
            sms = HttpSmsNotifier(settings.sms_url, token=settings.sms_token, sender=settings.sms_sender)
        notifiers[Channel.SMS], checks["sms"] = sms, partial(check_health, sms.ping)
    if not notifiers:
        notifiers[Channel.EMAIL] = notify
    return NotifierComponent(render=renderer, notifiers=notifiers, checks=checks)


def log_broken_templates(component: NotifierComponent) -> None:
    """Log a warning if files of the folder of templates are not used."""
    if (check := component.checks.get("templates")) and (problems := check()):
        log.warning("templates.rejected", advice=problems)


def _describe(renderer: JinjaRenderer) -> str | None:
    if not renderer.problems:
        return None
    return f"The templates of the package are used instead of: {' '.join(renderer.problems)}"
