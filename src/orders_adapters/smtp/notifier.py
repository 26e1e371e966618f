"""Notifications by e-mail, over SMTP."""

from __future__ import annotations

import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from orders_adapters.deadline import deadline
from orders_domain.errors import NotificationRejected, NotifierUnavailable, RecipientDeferred
from orders_domain.model.accounts.contact import is_email_address
from orders_domain.ports.notifier import NotificationMessage

DEFAULT_PORTS = {"smtp": 25, "smtps": 465}
_READY = 220
_TRANSIENT = range(400, 500)  # replies after which a retry may succeed


class SmtpNotifier:
    """See ``orders_domain.ports.notifier``. One connection per message; each step waits ``timeout`` seconds at most.

    A whole conversation takes ``total`` seconds at most, also with a server that drips or never ends its reply.

    An address that is not ASCII needs a server with SMTPUTF8 (RFC 6531).

    ``url`` is ``smtp://user:password@host:port``, with STARTTLS if the server offers it (``?tls=required`` requires
    STARTTLS, ``?tls=off`` disables it), or ``smtps://`` for TLS from the start.

    Raises:
        ValueError: ``url`` or ``sender`` is invalid.
    """

    def __init__(self, url: str, *, sender: str, timeout: float = 10.0, total: float = 60.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            raise ValueError("The address of a mail server must be smtp://host or smtps://host.")
        self._host, self._port = parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme]
        self._tls = "always" if parts.scheme == "smtps" else parse_qs(parts.query).get("tls", ["offered"])[0]
        if self._tls not in ("always", "offered", "required", "off"):
            raise ValueError("tls must be required or off, or left out.")
        self._login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        if not is_email_address(sender):
            raise ValueError(f"The sender must be an e-mail address, not {sender!r}.")
        self._sender, self._timeout, self._total = sender, timeout, total

    def __call__(self, notification_message: NotificationMessage) -> None:
        try:
            message = _message(notification_message, self._sender)
        except ValueError as error:  # a line break in a header
            raise NotificationRejected(f"The notification cannot be sent as an e-mail: {error}") from error
        try:
            with self._connected() as server:
                _send(server, message, self._sender, notification_message.to)
        except smtplib.SMTPRecipientsRefused as error:
            raise _recipient_error(*next(iter(error.recipients.values()))) from error
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            raise _error(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            raise NotifierUnavailable(f"The mail server is unavailable: {error!r}") from error

    def ping(self) -> None:
        """Check that the server accepts a connection and the login.

        Raises:
            NotifierUnavailable: the server cannot be reached, or rejects the login.
        """
        try:
            with self._connected():
                pass
        except (smtplib.SMTPException, OSError) as error:
            raise NotifierUnavailable("The mail server does not respond.") from error

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        kind = smtplib.SMTP_SSL if self._tls == "always" else smtplib.SMTP
        server: smtplib.SMTP = kind(timeout=self._timeout)
        server._host = self._host  # type: ignore[attr-defined]  # the name in the certificate; connect() does not set it
        context: Any = _WatchedContext(server)
        if isinstance(server, smtplib.SMTP_SSL):
            server.context = context
        with deadline(server, until=time.monotonic() + self._total):
            code, reply = server.connect(self._host, self._port)
            if code != _READY:
                raise smtplib.SMTPConnectError(code, reply)
            server.ehlo()
            if self._tls == "required" or (self._tls == "offered" and server.has_extn("starttls")):
                server.starttls(context=context)
            if self._login:
                server.login(*self._login)
            with server:
                yield server


class _WatchedContext:
    """A TLS context whose handshake the deadline ends, too, because the socket is the server's before it."""

    def __init__(self, server: smtplib.SMTP) -> None:
        self._server, self._context = server, ssl.create_default_context()

    def wrap_socket(self, plain: socket.socket, *, server_hostname: str) -> ssl.SSLSocket:
        secured = self._context.wrap_socket(plain, server_hostname=server_hostname, do_handshake_on_connect=False)
        self._server.sock = secured
        secured.do_handshake()
        return secured


def _message(notification_message: NotificationMessage, sender: str) -> EmailMessage:
    if not is_email_address(notification_message.to):
        raise NotificationRejected("The recipient must be an e-mail address.")
    content = notification_message.content
    message = EmailMessage()
    message["From"], message["To"] = sender, notification_message.to
    message["Subject"] = content.subject
    message["Date"] = format_datetime(notification_message.occurred_at)
    message["Message-ID"] = f"<{notification_message.id}@{sender.rpartition('@')[2]}>"  # identical in every retry
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{content.text}\n")
    if content.html is not None:
        message.add_alternative(content.html, subtype="html")
    return message


def _send(server: smtplib.SMTP, message: EmailMessage, sender: str, to: str) -> None:
    try:
        server.send_message(message, sender, [to])
    except smtplib.SMTPNotSupportedError as error:
        raise NotificationRejected(
            "The addresses must be ASCII, because the mail server does not support SMTPUTF8."
        ) from error


def _recipient_error(code: int, reply: bytes | str) -> NotificationRejected | NotifierUnavailable | RecipientDeferred:
    """Return the error of a refused recipient; 421 says that the server closes the connection."""
    error = _error(code, reply)
    return RecipientDeferred(str(error)) if isinstance(error, NotifierUnavailable) and code != 421 else error


def _error(code: int, reply: bytes | str) -> NotificationRejected | NotifierUnavailable:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    message = f"The mail server replied {code} {text}"
    return NotifierUnavailable(message) if code in _TRANSIENT else NotificationRejected(message)
