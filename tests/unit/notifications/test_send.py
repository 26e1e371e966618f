"""Sending of notifications: once for each recipient, again after a temporary refusal, never after a final one."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from orders_adapters.jinja.renderer import JinjaRenderer
from orders_adapters.memory.notifications.alert_recipients import InMemoryAlertRecipientRepository
from orders_adapters.memory.notifications.queue import InMemoryNotificationQueue
from orders_adapters.testing.examples import ADMIN
from orders_domain import Actor, Event, OrderStatus
from orders_domain.errors import NotificationRejected, NotifierUnavailable, RecipientDeferred
from orders_domain.model.access import OWNER_OR_ADMIN
from orders_domain.model.accounts.contact import NO_CONTACT, Contact
from orders_domain.model.events import notification_id
from orders_domain.model.notification import AlertRecipient, Channel, NotificationState
from orders_domain.ports.notifier import NotificationMessage
from orders_domain.use_cases import (
    NotificationResult,
    SendNotification,
    queue_notifications,
    send_notification,
)
from orders_domain.use_cases.background.send_notification import LEASE, MAX_ATTEMPTS, MAX_BACKOFF
from tests.support.shop import InMemoryShop

RENDERER = JinjaRenderer()
PHONE = "+4915112345678"
ANN = Actor(subject="ann", contact=Contact(email="ann@example.com", language="de"))
BOB = Contact(email="bob@example.com", language="de")
"""The contact of an account."""
EVERY = frozenset(NotificationState)


class Died(BaseException):
    """The process is killed."""


@dataclass
class Post:
    """A shop whose notifications are sent to lists; ``errors`` are raised first, the last one repeatedly."""

    shop: InMemoryShop = field(default_factory=InMemoryShop)
    sent: list[NotificationMessage] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    dies: bool = False
    unreadable: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.queue = InMemoryNotificationQueue(self.shop.store)
        self.recipients = InMemoryAlertRecipientRepository(self.shop.store)

    def deliver(self, message: NotificationMessage) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.sent.append(message)
        if self.dies:
            raise Died

    def expand(self, channels: Collection[Channel] = tuple(Channel)) -> None:
        ports: dict[str, Any] = {"queue": self.queue, "recipients": self.recipients}
        ports |= {"on_failure": lambda event, _: self.unreadable.append(event)}
        while queue_notifications(**ports, channels=channels, clock=self.shop.clock):
            pass

    def send(self, channel: Channel = Channel.EMAIL) -> NotificationResult | None:
        return send_notification(
            SendNotification(channel=channel),
            queue=self.queue,
            contact_lookup=lambda user_id: BOB if user_id == "bob" else NO_CONTACT,
            renderer=RENDERER,
            notifiers=dict.fromkeys(Channel, self.deliver),
            clock=self.shop.clock,
        )

    def send_all(self, channel: Channel = Channel.EMAIL) -> list[NotificationMessage]:
        self.expand()
        while self.send(channel):
            pass
        return self.sent

    def states(self) -> list[NotificationState]:
        return [queued.state for queued in self.queue.select(states=EVERY)]


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.mark.clause("002-29")
def test_placing_changes_and_cancellation_send_letters(post: Post) -> None:
    order = post.shop.place(by=ANN)
    post.shop.clock.advance(1)
    post.shop.change(order.id, OrderStatus.CONFIRMED, by=ADMIN, access=OWNER_OR_ADMIN)
    post.shop.clock.advance(1)
    post.shop.change(order.id, OrderStatus.CANCELED, by=ANN)

    texts = [message.content.text.splitlines()[0] for message in post.send_all()]

    assert texts == [
        "Ihre Bestellung 1 ist eingegangen.",
        "Ihre Bestellung 1 ist bestätigt.",
        "Ihre Bestellung 1 wurde storniert.",
    ]
    assert [message.id for message in post.sent] == [notification_id(order.id, version) for version in (1, 2, 3)]


@pytest.mark.parametrize("data", [{"no": "status"}, None, []])
def test_unreadable_event_does_not_stop_letters(post: Post, data: Any) -> None:
    """A row that a newer release or a hand has written."""
    bad, good = post.shop.place(by=ANN), post.shop.place(by=ANN)
    post.shop.administer(bad.id, OrderStatus.PAID)
    post.shop.administer(good.id, OrderStatus.PAID)
    of_bad = [message.event for message in post.shop.unsent() if message.event.order_id == bad.id]
    (broken,) = [event for event in of_bad if event.version == 2 and event.notifies]
    row = post.shop.store.outbox[broken.id]
    post.shop.store.outbox[broken.id] = replace(row, event=replace(broken, data=data))

    sent = [message.id for message in post.send_all()]

    assert sorted(sent) == sorted(
        notification_id(order, version) for order, version in ((bad.id, 1), (good.id, 1), (good.id, 2))
    )
    assert [event.id for event in post.unreadable] == [broken.id]


def test_own_change_of_the_status_sends_none(post: Post) -> None:
    order = post.shop.place(by=ANN)
    post.shop.change(order.id, OrderStatus.PAID, by=ANN)

    assert len(post.send_all()) == 1


@pytest.mark.parametrize(
    ("actor", "address"),
    [
        (ANN, "ann@example.com"),
        (Actor(subject="bob"), "bob@example.com"),  # of the account
        (Actor(subject="cy@example.com"), "cy@example.com"),
        (Actor(subject="bob", contact=Contact(email="bob@work.example")), "bob@work.example"),
        (Actor(subject="dan"), None),
    ],
    ids=["token", "account", "subject", "token before account", "none"],
)
def test_address_is_that_of_the_customer(post: Post, actor: Actor, address: str | None) -> None:
    post.shop.place(by=actor)

    assert [message.to for message in post.send_all()] == ([address] if address else [])
    assert post.states() == [NotificationState.SENT if address else NotificationState.UNADDRESSED]


@pytest.mark.parametrize(
    ("contact", "is_german"),
    [
        (NO_CONTACT, True),  # of the account
        (Contact(language="en"), False),
        (Contact(email="bob@work.example"), False),  # another address than that of the account
    ],
    ids=["account", "order", "other address"],
)
def test_language_is_that_of_the_account(post: Post, contact: Contact, *, is_german: bool) -> None:
    post.shop.place(by=Actor(subject="bob", contact=contact))

    (letter,) = post.send_all()

    assert letter.content.subject.startswith("Ihre Bestellung") == is_german


def test_phone_number_gets_a_short_message(post: Post) -> None:
    post.shop.place(by=Actor(subject="ann", contact=Contact(phone=PHONE)))

    (message,) = post.send_all(Channel.SMS)

    assert (message.to, message.content.html) == (PHONE, None)
    assert message.content.text.startswith("Your order 1 was received.")


def test_channel_that_is_off_gets_nothing(post: Post) -> None:
    post.shop.place(by=Actor(subject="ann", contact=Contact(email="ann@example.com", phone=PHONE)))
    post.recipients.add(AlertRecipient(address=PHONE))
    post.expand([Channel.EMAIL])

    assert [queued.notification.channel for queued in post.queue.select(states=EVERY)] == [Channel.EMAIL]


def test_old_events_send_no_letters(post: Post) -> None:
    post.shop.place(by=ANN)
    post.shop.clock.advance(timedelta(days=3, seconds=1).total_seconds())

    assert post.send_all() == []


def test_killed_sender_repeats_with_the_same_id(post: Post) -> None:
    post.shop.place(by=ANN)
    post.expand()
    post.dies = True
    with pytest.raises(Died):
        post.send()
    post.dies = False

    assert post.send() is None  # until the lease ends
    post.shop.clock.advance(LEASE.total_seconds())

    assert [post.send(), post.send()][1] is None
    first, second = post.sent
    assert first.id == second.id


def test_deferred_recipient_delays_that_letter_alone(post: Post) -> None:
    for _ in range(2):
        post.shop.place(by=ANN)
        post.shop.clock.advance(1)
    post.expand()
    post.errors = [RecipientDeferred("450 busy")]

    results = [post.send(), post.send(), post.send()]

    assert [result.state.value if result else None for result in results] == ["waiting", "sent", None]
    assert len(post.sent) == 1
    post.shop.clock.advance(5)
    assert post.send()
    assert len(post.sent) == 2


def test_deferral_ends_after_forty_minutes(post: Post) -> None:
    post.shop.place(by=ANN)
    post.expand()
    post.errors = [RecipientDeferred("450 busy") for _ in range(100)]
    begun, attempts = post.shop.clock.now, 0

    while (result := post.send()) is None or result.state is NotificationState.WAITING:
        attempts += result is not None
        post.shop.clock.advance(5)

    assert attempts + 1 == MAX_ATTEMPTS
    assert post.states() == [NotificationState.FAILED]
    assert timedelta(minutes=40) <= post.shop.clock.now - begun <= timedelta(minutes=41)
    assert post.shop.clock.advance(MAX_BACKOFF.total_seconds())
    assert post.send() is None


def test_rejected_letter_fails_at_once(post: Post) -> None:
    post.shop.place(by=ANN)
    post.expand()
    post.errors = [NotificationRejected("550 no such user")]

    result = post.send()

    assert result
    assert (result.state, result.error) == (NotificationState.FAILED, "550 no such user")
    assert post.send() is None


def test_unavailable_server_counts_no_attempt(post: Post) -> None:
    post.shop.place(by=ANN)
    post.expand()
    for _ in range(MAX_ATTEMPTS + 1):
        post.errors = [NotifierUnavailable("away")]
        with pytest.raises(NotifierUnavailable):
            post.send()
        post.shop.clock.advance(5)

    result = post.send()

    assert result
    assert result.state is NotificationState.SENT


def test_fault_of_a_letter_does_not_stop_the_others(post: Post) -> None:
    for _ in range(2):
        post.shop.place(by=ANN)
    post.errors = [RuntimeError("a fault")]

    assert len(post.send_all()) == 1
    assert sorted(state.value for state in post.states()) == ["failed", "sent"]


@pytest.mark.clause("002-30")
def test_alert_goes_to_its_recipients(post: Post) -> None:
    for address, language in (("root@example.com", None), ("lager@example.com", "de"), (PHONE, None)):
        post.recipients.add(AlertRecipient(address=address, language=language))
    (product,) = post.shop.stocked(10, threshold=5)
    post.shop.order({product: 5})

    letters = {message.to: message.content.subject.partition(":")[0] for message in post.send_all()}
    assert letters == {"root@example.com": "Low stock", "lager@example.com": "Niedriger Bestand"}

    post.send_all(Channel.SMS)
    assert post.sent[-1].to == PHONE
    assert len({message.id for message in post.sent}) == 3


def test_unavailable_mail_server_delays_no_short_message() -> None:
    post = Post(errors=[NotifierUnavailable("The mail server is unavailable.")])
    post.shop.place(by=Actor(subject="ann", contact=Contact(email="ann@example.com", phone=PHONE)))
    post.expand()

    with pytest.raises(NotifierUnavailable):
        post.send(Channel.EMAIL)
    sent = post.send(Channel.SMS)

    assert sent is not None
    assert sent.state is NotificationState.SENT
    assert [message.to for message in post.sent] == [PHONE]
    assert post.send(Channel.EMAIL) is None  # the letter waits, and not the channel
