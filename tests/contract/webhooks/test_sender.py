"""Webhook sender over HTTP: signed, to a checked address, in bounded time, whatever the receiver does."""

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from orders_adapters.http.webhook_sender import HttpWebhookSender
from orders_adapters.serialization.webhook_signatures import new_secret
from orders_adapters.testing.examples import new_id
from orders_domain.model.webhooks.delivery import WebhookMessage
from orders_domain.model.webhooks.target import AllowedTargets
from orders_domain.ports.webhooks.sender import WebhookAnswer, WebhookRequest
from tests.contract.webhooks.receiver import Receiver
from tests.support.cases import each_case
from tests.support.servers.ephemeral.server import HOST
from tests.support.servers.services.certificate import certify

LOCAL = AllowedTargets((HOST,))
BODY = '{"type":"orders.order_placed.v1","text":"ü"}'.encode()
MESSAGE = WebhookMessage(id=new_id(), type="orders.order_placed.v1", order_id=new_id(), version=1, body=BODY)
SECRET, FORMER = new_secret(), new_secret()


def request(url: str, *secrets: str) -> WebhookRequest:
    return WebhookRequest(url=url, message=MESSAGE, secrets=secrets or (SECRET,), at=datetime.now(UTC))


def send(url: str, *secrets: str, seconds: float = 10.0, allowed: AllowedTargets = LOCAL) -> WebhookAnswer:
    return HttpWebhookSender(allowed=allowed, total_seconds=seconds)(request(url, *secrets))


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def test_published_library_verifies_each_secret(receiver: Receiver) -> None:
    assert send(receiver.url("/200/signed"), SECRET, FORMER) == WebhookAnswer(status=200)

    (received,) = receiver.wait_for(1, path="/200/signed")
    assert received.body == BODY
    assert received.headers["host"] == f"{HOST}:{receiver.port}"
    assert received.id == MESSAGE.id
    for secret in (SECRET, FORMER):
        Webhook(secret).verify(received.body, dict(received.headers))
    for secret, body in ((new_secret(), BODY), (SECRET, BODY + b" ")):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, dict(received.headers))


def test_published_test_vector_is_met() -> None:
    """The vector of the specification's reference libraries."""
    from orders_adapters.serialization.webhook_signatures import signed_headers

    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        at=datetime.fromtimestamp(1614265330, UTC),
        with_secrets=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"


def test_redirects_are_answers(receiver: Receiver) -> None:
    statuses = [send(receiver.url(f"/{status}/redirect")).status for status in (301, 302, 303, 307, 308)]

    assert statuses == [301, 302, 303, 307, 308]
    assert not [each for each in receiver.received if "elsewhere" in each.path]


def test_receiver_can_ask_for_a_pause(receiver: Receiver) -> None:
    pauses = [send(receiver.url(f"/{status}/pause")).retry_after for status in (200, 429, 500, 503)]

    hour, none = timedelta(hours=1), timedelta(0)
    assert pauses == [none, hour, none, hour]


@pytest.mark.parametrize("behaviour", ["hang", "drip", "continue", "close", "garbage", "headers", "line"])
def test_misbehaving_receiver_ends_in_a_sentence(receiver: Receiver, behaviour: str) -> None:
    answer = send(receiver.url(f"/{behaviour}"), seconds=0.5)

    assert answer.status is None
    assert answer.error is not None
    assert len(answer.error) < 100
    if behaviour in {"hang", "drip", "continue"}:
        assert answer.error == "No answer in time."


@pytest.mark.parametrize("behaviour", ["endless", "bomb"])
def test_body_of_an_answer_is_not_read(receiver: Receiver, behaviour: str) -> None:
    assert send(receiver.url(f"/{behaviour}")) == WebhookAnswer(status=200)


def test_closed_port_is_reported() -> None:
    with Receiver() as receiver:
        url = receiver.url()

    assert send(url).error == "The connection was not made."


def test_private_address_is_refused_without_leave(receiver: Receiver) -> None:
    url = receiver.url("/204/private")

    assert "must" in str(send(url, allowed=AllowedTargets()).error)
    assert "must" in str(send(url, allowed=AllowedTargets(("10.0.0.0/8",))).error)
    assert not [each for each in receiver.received if "private" in each.path]


@each_case(
    "addresses",
    [(HOST,), ("93.184.216.34", HOST), ("::1",), ("::ffff:127.0.0.1",), ("169.254.169.254",), ("fe80::1%eth0",)],
)
def test_name_of_a_private_address_is_refused(addresses: Sequence[str]) -> None:
    sender = HttpWebhookSender(allowed=AllowedTargets(), resolve=lambda host, port: addresses)

    answer = sender(request("https://hooks.example.com/"))

    assert answer.error == "The host must resolve to public addresses, or be one of WEBHOOK_ALLOWED_HOSTS."


def test_name_is_resolved_once(receiver: Receiver) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return [HOST] if len(asked) == 1 else ["10.0.0.1"]

    sender = HttpWebhookSender(allowed=AllowedTargets(("hooks",)), resolve=rebinding)

    assert sender(request(f"http://hooks:{receiver.port}/204/rebinding")).status == 204
    (received,) = receiver.wait_for(1, path="/204/rebinding")
    assert (asked, received.headers["host"]) == (["hooks"], f"hooks:{receiver.port}")


def test_unknown_host_is_reported() -> None:
    assert send("https://does-not-exist.invalid/").error == "The host was not found."


def test_resolver_that_hangs_does_not_prolong_the_attempt() -> None:
    """The resolver has no deadline; without one for it this would wait for ever."""
    answered = threading.Event()

    def hang(host: str, port: int) -> Sequence[str]:
        answered.wait()
        return [HOST]

    answer = HttpWebhookSender(allowed=LOCAL, total_seconds=0.1, resolve=hang)(request("https://shop.example.com/"))

    answered.set()
    assert answer == WebhookAnswer(error="The host was not found in time.")


def test_certificate_and_name_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, context = certify(tmp_path)
    with Receiver(tls=context) as receiver:
        unknown = send(receiver.url())
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        known = send(receiver.url())
        allowed = AllowedTargets(("hooks.example.com",))
        named = HttpWebhookSender(allowed=allowed, resolve=lambda host, port: [HOST])
        other_name = named(request(f"https://hooks.example.com:{receiver.port}/"))

    assert known == WebhookAnswer(status=204)
    assert str(unknown.error).startswith("TLS failed: ")
    assert str(other_name.error).startswith("TLS failed: ")
    assert receiver.names[-1] == "hooks.example.com"
    assert len(receiver.received) == 1
