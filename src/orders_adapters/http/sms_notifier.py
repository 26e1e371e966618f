"""Short messages by an HTTP service."""

from __future__ import annotations

from orders_adapters.http import transport
from orders_adapters.http.service_client import RETRYABLE, ServiceClient
from orders_domain.errors import (
    InvalidServiceResponse,
    NotificationRejected,
    NotifierUnavailable,
    RecipientDeferred,
    ServiceInternalError,
    ServiceTimeout,
    ServiceUnreachable,
)
from orders_domain.model.accounts.contact import is_phone_number
from orders_domain.ports.notifier import NotificationMessage

MAX_LENGTH = 1_600  # characters, ten joined messages
_NOT_OURS = frozenset({401, 403, 407})
"""Refusals of this service, because of its token, and not of a message."""
_REFUSALS = frozenset(range(400, 500)) - _NOT_OURS - RETRYABLE


class HttpSmsNotifier:
    """See ``orders_domain.ports.notifier``.

    A message is ``POST {"id", "to", "text"}``, with ``from`` if there is a sender, to ``url``. The id is also the
    Idempotency-Key, so that the service can recognize a repetition. Time-outs, retries and circuit are those of
    ``ServiceClient``. After ``4xx`` the message is rejected, and after ``429`` or ``5xx`` it is deferred; ``401`` and
    ``403`` refuse the token, so that every message waits.

    Raises:
        ValueError: ``url`` is invalid, or ``token`` cannot be in a header.
    """

    def __init__(self, url: str, *, token: str = "", sender: str = "") -> None:
        if not (token.isascii() and token.isprintable()):
            raise ValueError("The token must have printable ASCII characters only.")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        address = transport.read_address(url)
        self._path = address.path or "/"
        self._service = ServiceClient(address._replace(path=None).url, name="SMS service", headers=headers)
        self._sender = sender

    def __call__(self, message: NotificationMessage) -> None:
        if not is_phone_number(message.to):
            raise NotificationRejected("The recipient must be a phone number such as +4915112345678 (E.164).")
        if len(message.content.text) > MAX_LENGTH:
            raise NotificationRejected(f"A short message must have at most {MAX_LENGTH:,} characters.")
        body = {"id": str(message.id), "to": message.to, "text": message.content.text}
        body |= {"from": self._sender} if self._sender else {}
        try:
            response = self._service.request("POST", self._path, body, key=str(message.id), also=_REFUSALS)
        except ServiceInternalError as error:
            raise RecipientDeferred(str(error)) from error
        except (ServiceUnreachable, ServiceTimeout, InvalidServiceResponse) as error:
            raise NotifierUnavailable(str(error)) from error
        if response.status >= 300:
            raise NotificationRejected(str(self._service.rejection(response)))

    def ping(self) -> None:
        """Check that an HTTP server responds, with any status.

        Raises:
            NotifierUnavailable: it does not.
        """
        try:
            self._service.ping()
        except (ServiceUnreachable, ServiceTimeout, InvalidServiceResponse) as error:
            raise NotifierUnavailable("The SMS service does not respond.") from error
