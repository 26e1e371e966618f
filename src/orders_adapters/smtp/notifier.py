"""Letters by SMTP."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit

from orders_domain.errors import NotificationRejected, NotifierUnavailable
from orders_domain.ports.notifier import NotificationMessage

DEFAULT_PORTS = {"smtp": 25, "smtps": 465}
_FAILURES = range(400, 500)  # replies of a server that may take it later


class SmtpNotifier:
    """See ``orders_domain.ports.notifier``. A connection a letter; each step waits ``timeout`` seconds at most.

    The address is ``smtp://user:password@host:port``, with STARTTLS where the server offers it (``?tls=required``
    insists, ``?tls=off`` does without), or ``smtps://`` for TLS from the start.

    Raises:
        ValueError: the address or the sender cannot be.
    """

    def __init__(self, url: str, *, sender: str, timeout: float = 10.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            raise ValueError("A mail server is smtp://host or smtps://host.")
        self._host, self._port = parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme]
        self._tls = "always" if parts.scheme == "smtps" else parse_qs(parts.query).get("tls", ["offered"])[0]
        if self._tls not in ("always", "offered", "required", "off"):
            raise ValueError("tls is required or off, or left out.")
        self._login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        if not is_email_address(sender):
            raise ValueError(f"{sender!r} is no sender's address.")
        self._sender, self._timeout = sender, timeout

    def __call__(self, notification_message: NotificationMessage) -> None:
        try:
            message = _message(notification_message, self._sender)
        except ValueError as error:  # a line's end where none may be
            raise NotificationRejected(f"No letter can be made of this: {error}") from error
        try:
            with self._connected() as server:
                server.send_message(message, self._sender, [notification_message.to])
        except smtplib.SMTPRecipientsRefused as error:
            raise _verdict(*next(iter(error.recipients.values()))) from error
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            raise _verdict(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            raise NotifierUnavailable(f"The mail server is away: {error!r}") from error

    def ping(self) -> None:
        """Return if the server would take letters of ours now, as far as it shows before one is sent.

        Raises:
            NotifierUnavailable: it would not.
        """
        try:
            self._connected().quit()
        except (smtplib.SMTPException, OSError) as error:
            raise NotifierUnavailable("The mail server does not answer.") from error

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._tls == "always":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout, context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        try:
            server.ehlo()
            if self._tls == "required" or (self._tls == "offered" and server.has_extn("starttls")):
                server.starttls(context=context)
            if self._login:
                server.login(*self._login)
        except BaseException:
            server.close()
            raise
        return server


def is_email_address(text: str) -> bool:
    """Say whether mail could go there: one @ between two parts without spaces, and nothing that ends a header."""
    name, at, host = text.rpartition("@")
    return bool(name and at and host) and text.isascii() and text.isprintable() and not set(text) & set(' <>,;:"\\')


def _message(notification_message: NotificationMessage, sender: str) -> EmailMessage:
    if not is_email_address(notification_message.to):
        raise NotificationRejected("No mail can be sent to this address.")
    news = notification_message.notification
    message = EmailMessage()
    message["From"], message["To"] = sender, notification_message.to
    message["Subject"] = f"Your order {news.order}"
    message["Date"] = format_datetime(news.occurred_at)
    message["Message-ID"] = f"<{news.id}@{sender.rpartition('@')[2]}>"  # the same at every repetition
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{news.message}\n")
    return message


def _verdict(code: int, reply: bytes | str) -> NotificationRejected | NotifierUnavailable:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    sentence = f"The mail server said {code} {text}"
    return NotifierUnavailable(sentence) if code in _FAILURES else NotificationRejected(sentence)
