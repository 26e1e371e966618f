"""Short messages by HTTP, to a real server: complete, with the token, and with an error if refused."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from orders_adapters.http import service_client
from orders_adapters.http.sms_notifier import MAX_LENGTH, HttpSmsNotifier
from orders_adapters.testing.notifications.notifier import (
    LETTER,
    NEWS,
    DeliveredMessage,
    NotifierHarness,
    NotifierTests,
)
from orders_domain.errors import NotificationRejected, NotifierUnavailable, RecipientDeferred
from tests.support.servers.ephemeral.server import HOST, free_port
from tests.support.servers.services import Misbehaviour
from tests.support.servers.services.server import Asked, Service

PHONE = "+4915112345678"
MESSAGE = replace(LETTER, to=PHONE)


class SmsService(Service):
    """Accepts messages, or answers ``status``."""

    status = 202
    authorization: str | None = None

    def do(self, request: Asked, /) -> tuple[int, Any]:
        return self.status, {}

    def answer(self, request: Asked, handler: BaseHTTPRequestHandler) -> None:
        self.authorization = handler.headers["Authorization"]
        super().answer(request, handler)

    def delivered(self) -> list[DeliveredMessage]:
        return [
            DeliveredMessage(message_id=asked.body["id"], to=asked.body["to"], text=asked.body["text"])
            for asked in self.asked
            if self.status < 300
        ]


@dataclass(frozen=True)
class Sms:
    service: SmsService
    notifier: HttpSmsNotifier


@pytest.fixture(autouse=True)
def short_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call is retried at once."""
    monkeypatch.setattr(service_client, "RETRY_DELAY", 0.01)


@pytest.fixture
def sms() -> Iterator[Sms]:
    with SmsService() as service:
        yield Sms(service, HttpSmsNotifier(f"{service.url}/v1/messages", token="a-token", sender="Shop"))


class TestHttpSmsNotifier(NotifierTests):
    @pytest.fixture
    def harness(self, sms: Sms) -> NotifierHarness:
        return NotifierHarness(
            notifier=sms.notifier,
            delivered=sms.service.delivered,
            reject=lambda: setattr(sms.service, "status", 422),
            defer=lambda: setattr(sms.service, "status", 503),
            message=MESSAGE,
        )


def test_message_has_token_sender_and_key(sms: Sms) -> None:
    sms.notifier(MESSAGE)

    (asked,) = sms.service.asked
    assert (asked.method, asked.path, asked.key) == ("POST", "/v1/messages", str(MESSAGE.id))
    assert asked.body == {"id": str(MESSAGE.id), "to": PHONE, "text": NEWS.text, "from": "Shop"}
    assert sms.service.authorization == "Bearer a-token"


@pytest.mark.parametrize("status", [400, 402, 404, 409, 413, 422])
def test_refusal_ends_the_message(sms: Sms, status: int) -> None:
    sms.service.status = status

    with pytest.raises(NotificationRejected, match=str(status)):
        sms.notifier(MESSAGE)

    assert len(sms.service.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_failure_is_retried_and_delays_the_message(sms: Sms, status: int) -> None:
    sms.service.status = status

    with pytest.raises(RecipientDeferred):
        sms.notifier(MESSAGE)

    assert len(sms.service.asked) == service_client.MAX_ATTEMPTS


@pytest.mark.parametrize("status", [401, 403])
def test_refused_token_delays_every_message(sms: Sms, status: int) -> None:
    sms.service.status = status

    with pytest.raises(NotifierUnavailable):
        sms.notifier(MESSAGE)


def test_silent_service_opens_the_circuit(sms: Sms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_client, "CALL_SECONDS", 0.3)
    sms.service.misbehave["POST"] = Misbehaviour.HANG

    for _ in range(4):
        with pytest.raises(NotifierUnavailable):
            sms.notifier(MESSAGE)

    assert len(sms.service.asked) == 3


def test_unreachable_service_is_unavailable() -> None:
    notifier = HttpSmsNotifier(f"http://{HOST}:{free_port()}")

    with pytest.raises(NotifierUnavailable):
        notifier(MESSAGE)
    with pytest.raises(NotifierUnavailable):
        notifier.ping()


@pytest.mark.parametrize(
    "number",
    ["015112345678", "+0151123456", "+49151", "+49 151 12345678", "+4915112345678901", "", "+49151１２３４５６"],
)
def test_invalid_number_is_rejected_unsent(sms: Sms, number: str) -> None:
    with pytest.raises(NotificationRejected, match=r"E\.164"):
        sms.notifier(replace(MESSAGE, to=number))

    assert sms.service.asked == []


def test_long_message_is_rejected_unsent(sms: Sms) -> None:
    with pytest.raises(NotificationRejected, match="1,600"):
        sms.notifier(replace(MESSAGE, content=replace(NEWS, text="x" * (MAX_LENGTH + 1))))

    assert sms.service.asked == []


@pytest.mark.parametrize(
    ("url", "token"), [("ftp://h", ""), ("http://", ""), ("http://h/?key=1", ""), ("http://h", "a\nb")]
)
def test_invalid_address_or_token_is_refused(url: str, token: str) -> None:
    with pytest.raises(ValueError):
        HttpSmsNotifier(url, token=token)
