"""Letters over HTTP: to customers and guests, in their language, on both stacks; no broker sends them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from orders_adapters.security.tokens import encode_token
from orders_domain import Role
from orders_domain.model.notification import AlertRecipient, NotificationState
from orders_domain.use_cases import SendNotification
from tests.contract.http.auth.accounts import welcome
from tests.contract.http.checkout.carts import cart
from tests.contract.http.shop.client import shopkeeper
from tests.support.client import Answer, Caller, as_json
from tests.support.secrets import JWT_SECRET
from tests.support.servers.mail import MailServer
from tests.support.service_stack import Stack

EVERY = frozenset(NotificationState)


class Posting:
    """A service with a mail server, and nobody else's letters."""

    def __init__(self, stack: Stack, mail: MailServer) -> None:
        self.stack, self.mail = stack, mail
        stack.rows("UPDATE outbox SET notifies = false")
        stack.rows("DELETE FROM notifications")
        stack.rows("DELETE FROM alert_recipients")

    def caller(self, subject: str = "", **claims: Any) -> Caller:
        subject = subject or f"user-{uuid4().hex[:12]}"
        expires_at = int(datetime.now(UTC).timestamp()) + 3600
        token = encode_token(subject=subject, secret=JWT_SECRET, expires_at=expires_at, **claims)
        return Caller(app=self.stack.app, subject=subject, token=token)

    def send(self) -> list[tuple[str, str, str]]:
        """Send every letter as a worker does; return the recipient, the subject and the first line of each."""
        (sender,) = self.stack.container.notification_senders()
        while sender.queue_notifications():
            pass
        while sender.send_notification(SendNotification(channel=sender.channel)):
            pass
        letters = zip(self.mail.recipients, self.mail.letters, strict=True)
        return [
            (to, str(letter["Subject"]), letter.get_payload(decode=True).decode().splitlines()[0])  # type: ignore[union-attr]
            for to, letter in letters
        ]


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    with MailServer() as mail:
        yield mail


@pytest.fixture(params=["embedded", "real"])
def posting(
    request: pytest.FixtureRequest, mail: MailServer, build: Callable[..., Stack], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Posting]:
    mail.letters.clear()
    mail.recipients.clear()
    stack: Stack = request.getfixturevalue(f"{request.param}_stack")
    monkeypatch.chdir(stack.directory)
    made = build(replace(stack.settings, smtp_url=mail.url))
    posting = Posting(replace(made, directory=stack.directory, broker=stack.broker), mail)
    yield posting
    posting.stack.close()


def to_json(answer: Answer) -> str:
    return answer.get_data(as_text=True)


@pytest.mark.clause("002-29")
def test_life_of_an_order_is_written_to_its_customer(posting: Posting) -> None:
    ann = posting.caller(email="ann@example.com", locale="de-DE")
    order = ann.place()
    root = posting.stack.caller(role=Role.ADMIN)
    (managed,) = root.ask("GET", f"/api/v1/orders/?user_id={ann.subject}").json
    status = as_json({"status": "confirmed"})
    assert root.ask("PUT", f"/api/v1/orders/{managed['order_id']}/status", **status).status_code == 200
    assert ann.patch(order, "CANCELED").status_code == 200
    number = managed["order_id"]

    letters = posting.send()

    assert letters == [
        ("ann@example.com", f"Ihre Bestellung {number}", f"Ihre Bestellung {number} ist eingegangen."),
        ("ann@example.com", f"Ihre Bestellung {number}", f"Ihre Bestellung {number} ist bestätigt."),
        ("ann@example.com", f"Ihre Bestellung {number}", f"Ihre Bestellung {number} wurde storniert."),
    ]


def test_address_is_in_no_answer_and_no_event(posting: Posting) -> None:
    ann = posting.caller(email="secret@example.com", phone_number="+4915112345678")
    order = ann.place()
    root = posting.stack.caller(role=Role.ADMIN)
    (managed,) = root.ask("GET", f"/api/v1/orders/?user_id={ann.subject}").json
    ref = managed["order_id"]
    paths = [f"/api/v1/orders/{ref}", f"/api/v1/orders/{ref}/history", f"/api/v1/orders/{ref}/statistics"]
    answers = [root.ask("GET", path) for path in [*paths, f"/ostore/orders/{ref}", f"/api/orders/{order['id']}"]]

    assert [answer.status_code for answer in answers] == [200] * 5
    texts = [*map(to_json, answers), to_json(ann.get(order)), to_json(ann.list()), repr(posting.stack.relayed())]
    assert [text for text in texts if "secret@" in text or "15112345678" in text] == []
    assert [letter[0] for letter in posting.send()] == ["secret@example.com"]


def test_language_is_that_of_the_browser(posting: Posting) -> None:
    ann = posting.caller(email="ann@example.com")
    body = {"items": [{"sku": "TEA-1", "quantity": 1, "unit_price": 5}], "total_price": 5}
    for header in ("fr;q=0.5,de-AT", "fr", "*"):
        assert ann.post(body, **{"Accept-Language": header}).status_code == 201

    assert [subject.rpartition(" ")[0] for _, subject, _ in posting.send()] == [
        "Ihre Bestellung",
        "Your order",
        "Your order",
    ]


def test_language_is_that_of_the_account(posting: Posting) -> None:
    """It goes before that of the browser, and counts for an order that a clerk places for the user."""
    ann = welcome(posting.stack, language="de")
    buyer = Caller(app=posting.stack.app, subject=ann.subject, token=ann.token())
    body = {"items": [{"sku": "TEA-1", "quantity": 1, "unit_price": 5}], "total_price": 5}
    assert buyer.post(body, **{"Accept-Language": "en"}).status_code == 201
    clerk = shopkeeper(posting.stack)
    clerk.place(customer={"user_id": ann.subject})
    clerk.place(customer={"user_id": ann.subject, "language": "en"})

    letters = posting.send()

    assert [to for to, _, _ in letters] == [ann.email] * 3
    assert sorted(subject.rpartition(" ")[0] for _, subject, _ in letters) == [
        "Ihre Bestellung",
        "Ihre Bestellung",
        "Your order",
    ]


def test_unverified_address_gets_no_letter(posting: Posting) -> None:
    ann = posting.caller(email="ann@example.com", email_verified=False)
    ann.place()
    posting.caller(email="no address").place()

    assert posting.send() == []


@pytest.mark.clause("004-02")
@pytest.mark.parametrize("member", ["email", "customer"])
def test_guest_gets_letters_at_the_address_of_the_cart(posting: Posting, member: str) -> None:
    clerk = posting.stack.caller(scopes=("orders:write",))
    address = {"email": "guest@example.com"}
    members = address if member == "email" else {"customer": address}
    body = {"cartSnapshot": cart(None, **members), "locale": "de"}
    placed = clerk.post(body, path="/api/orders/", **{"Idempotency-Key": uuid4().hex})
    assert placed.status_code == 201
    canceled = clerk.post({}, path=f"/api/orders/{placed.json['orderId']}/cancel")
    assert canceled.status_code == 200

    assert [(to, text.rpartition(" ")[2]) for to, _, text in posting.send()] == [
        ("guest@example.com", "eingegangen."),
        ("guest@example.com", "storniert."),
    ]


@pytest.mark.clause("002-30")
def test_low_stock_by_hand_reaches_administrators(posting: Posting) -> None:
    posting.stack.container.store().alert_recipients.add(AlertRecipient(address="root@example.com"))
    root = posting.stack.caller(role=Role.ADMIN)
    new = {"name": "Tea", "price": 5, "stock_quantity": 20, "low_stock_threshold": 5}
    product = root.post(new, path="/api/v1/products/").json
    path = f"/api/v1/products/{product['product_id']}"
    for method, change in (("PATCH", {"stock_quantity": 5}), ("PUT", {"stock_quantity": 4})):
        assert root.ask(method, path, **as_json(change)).status_code == 200

    ((to, subject, text),) = posting.send()

    assert (to, subject) == ("root@example.com", f"Low stock: Tea ({product['sku']})")
    assert "is 5; its threshold is 5." in text


def test_nothing_is_sent_twice_with_and_without_the_relay(posting: Posting) -> None:
    posting.caller(email="ann@example.com").place()

    first = posting.send()
    posting.stack.relayed()

    assert posting.send() == first
    assert len(first) == 1


def test_refused_recipient_fails_alone(posting: Posting) -> None:
    posting.mail.replies["gone@example.com"] = "550 no such user"
    posting.caller(email="gone@example.com").place()
    posting.caller(email="ann@example.com").place()

    assert [to for to, _, _ in posting.send()] == ["ann@example.com"]

    queue = posting.stack.container.store().notifications
    assert sorted(queued.state.value for queued in queue.select(states=EVERY)) == ["failed", "sent"]
    posting.mail.replies.clear()
