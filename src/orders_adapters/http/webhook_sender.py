"""Webhook sender: one signed POST to an address that was checked, with a total deadline."""

from __future__ import annotations

import queue
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from http.client import HTTPException
from ipaddress import ip_address
from socket import SOCK_STREAM, gaierror, getaddrinfo
from typing import TypeAlias

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from orders_adapters.deadline import deadline
from orders_adapters.serialization.webhook_signatures import signed_headers
from orders_domain.errors import InvalidValue
from orders_domain.model.webhooks.target import AllowedTargets, WebhookTarget, parse_target
from orders_domain.ports.webhooks.sender import WebhookAnswer, WebhookRequest

TOTAL_SECONDS = 10.0
CONNECT_SECONDS = 3.0
MAX_ADDRESSES = 3
"""The addresses of a host that are tried, such as one of IPv6 that cannot be reached and one of IPv4."""
_WITH_RETRY_AFTER = frozenset({429, 503})

Resolve: TypeAlias = Callable[[str, int], Sequence[str]]
"""Return the IP addresses of a host, or raise OSError."""


class HttpWebhookSender:
    """See ``orders_domain.ports.webhooks.sender``.

    A host is resolved once, every address is checked, and the connection is made to a checked one, so that a name that
    resolves to another address a moment later has no effect. Host and the TLS name stay those of the URL. No redirect
    is followed, no proxy is used, and the body of an answer is not read.
    """

    def __init__(
        self, *, allowed: AllowedTargets, total_seconds: float = TOTAL_SECONDS, resolve: Resolve | None = None
    ) -> None:
        self._allowed = allowed
        self._seconds = total_seconds
        self._resolve = resolve or _resolve

    def __call__(self, request: WebhookRequest) -> WebhookAnswer:
        until = time.monotonic() + self._seconds
        try:
            target = parse_target(request.url, self._allowed)
            addresses = self._checked_addresses(target, until=until)
        except (InvalidValue, _Refused) as error:
            return WebhookAnswer(error=str(error))
        except OSError:
            return WebhookAnswer(error="The host was not found.")
        message = request.message
        headers = {
            "Host": target.authority,
            "User-Agent": "orders",
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            **signed_headers(str(message.id), message.body, at=request.at, with_secrets=request.secrets),
        }
        answer = WebhookAnswer(error="The host has no address.")
        for address in addresses[:MAX_ADDRESSES]:
            try:
                return _post(target, address, headers, message.body, until=until)
            except _NotConnected as error:
                answer = WebhookAnswer(error=str(error))
        return answer

    def _checked_addresses(self, target: WebhookTarget, *, until: float) -> Sequence[str]:
        addresses = list(dict.fromkeys(self._addresses(target, until=until)))
        for address in addresses:
            if not self._allowed.permits(target.host, ip_address(address)):
                raise _Refused("The host must resolve to public addresses, or be one of WEBHOOK_ALLOWED_HOSTS.")
        return addresses

    def _addresses(self, target: WebhookTarget, *, until: float) -> Sequence[str]:
        """Resolve the host in a thread, because resolvers have no deadline, and with many servers take minutes."""
        found: queue.SimpleQueue[Sequence[str] | OSError] = queue.SimpleQueue()

        def look_up() -> None:
            try:
                found.put(self._resolve(target.host, target.port))
            except OSError as error:
                found.put(error)

        threading.Thread(target=look_up, name="webhook resolver", daemon=True).start()
        try:
            result = found.get(timeout=max(until - time.monotonic(), 0))
        except queue.Empty:
            raise _Refused("The host was not found in time.") from None
        if isinstance(result, OSError):
            raise result
        return result


class _Refused(Exception):
    """The host resolves to an address that must not be connected to, or to none in time."""


class _NotConnected(Exception):
    """Nothing was sent, so that another address may be tried."""


def _resolve(host: str, port: int) -> Sequence[str]:
    try:
        found = getaddrinfo(host, port, type=SOCK_STREAM)
    except UnicodeError as error:  # of the IDNA codec
        raise gaierror(str(error)) from error
    return [str(entry[4][0]) for entry in found]


def _post(
    target: WebhookTarget, address: str, headers: Mapping[str, str], body: bytes, *, until: float
) -> WebhookAnswer:
    """Return the answer.

    Raises:
        _NotConnected: no connection was made.
    """
    seconds = min(CONNECT_SECONDS, until - time.monotonic())
    if seconds <= 0:
        return WebhookAnswer(error="No answer in time.")
    connection = _connection(target, address, seconds=seconds)
    with deadline(connection, until=until) as expired:
        try:
            connection.connect()
            connection.timeout = None  # urllib3 would set it on the socket again; from here on the deadline applies
            connection.request(
                "POST", target.path, body=body, headers=headers, preload_content=False, decode_content=False
            )
            response = connection.getresponse()
            return WebhookAnswer(status=response.status, retry_after=_retry_after(response.status, response.headers))
        except (ConnectTimeoutError, NewConnectionError) as error:
            raise _NotConnected("The connection was not made.") from error
        except ssl.SSLError as error:
            if expired.is_set():
                return WebhookAnswer(error="No answer in time.")
            return WebhookAnswer(error=f"TLS failed: {getattr(error, 'verify_message', '') or error.reason}.")
        except (HTTPError, HTTPException, OSError, ValueError) as error:
            if expired.is_set() or isinstance(error, TimeoutError):
                return WebhookAnswer(error="No answer in time.")
            return WebhookAnswer(error=f"The answer is not complete HTTP: {type(error).__name__}.")


def _connection(target: WebhookTarget, address: str, *, seconds: float) -> HTTPConnection:
    if not target.is_tls:
        return HTTPConnection(address, target.port, timeout=seconds)
    return HTTPSConnection(address, target.port, timeout=seconds, server_hostname=target.host)


def _retry_after(status: int, headers: Mapping[str, str]) -> timedelta:
    """Return the pause in whole seconds that the header asks for; a date is not supported."""
    text = headers.get("Retry-After", "") if status in _WITH_RETRY_AFTER else ""
    with suppress(ValueError, OverflowError):
        if text.isascii() and text.isdigit() and len(text) <= 9:
            return timedelta(seconds=int(text))
    return timedelta(0)
