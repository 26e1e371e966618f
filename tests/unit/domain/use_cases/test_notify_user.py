"""Notification of users: one message per change, however often its event arrives."""

from dataclasses import dataclass, field

import pytest

from orders_adapters.testing.examples import NOON, new_id
from orders_domain.errors import NotificationRejected, NotifierUnavailable
from orders_domain.model.notification import Notification
from orders_domain.ports.notifier import NotificationMessage
from orders_domain.use_cases import NotificationOutcome, NotifyUser, notify_user
from tests.support.shop import InMemoryShop


@dataclass
class ScriptedNotifier:
    """Stores the messages, and raises the given errors first."""

    messages: list[NotificationMessage] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    def __call__(self, message: NotificationMessage) -> None:
        if self.errors:
            raise self.errors.pop()
        self.messages.append(message)


@pytest.fixture
def shop() -> InMemoryShop:
    return InMemoryShop()


def new_notification(user: str = "ann") -> Notification:
    return Notification(id=new_id(), user_id=user, order="7", message="On its way.", occurred_at=NOON)


def notify(shop: InMemoryShop, notifier: ScriptedNotifier, notification: Notification) -> NotificationOutcome:
    known = {"ann": "ann@example.com"}
    return notify_user(
        NotifyUser(notification=notification),
        uow=shop.unit_of_work(),
        email_lookup=known.get,
        notifier=notifier,
        clock=shop.clock,
    )


@pytest.mark.clause("002-29")
def test_repeated_notification_is_sent_once(shop: InMemoryShop) -> None:
    notifier, notification = ScriptedNotifier(), new_notification()

    outcomes = [notify(shop, notifier, notification) for _ in range(100)]

    assert outcomes == [NotificationOutcome.SENT] + [NotificationOutcome.REPEATED] * 99
    assert notifier.messages == [NotificationMessage(to="ann@example.com", notification=notification)]


def test_each_notification_is_sent_separately(shop: InMemoryShop) -> None:
    notifier = ScriptedNotifier()

    for notification in (new_notification(), new_notification()):
        notify(shop, notifier, notification)

    assert len(notifier.messages) == 2


def test_user_without_email_gets_no_message(shop: InMemoryShop) -> None:
    notifier, notification = ScriptedNotifier(), new_notification("bob")

    assert [notify(shop, notifier, notification), notify(shop, notifier, notification)] == [
        NotificationOutcome.NO_ADDRESS,
        NotificationOutcome.REPEATED,
    ]

    assert notifier.messages == []


def test_user_id_with_at_sign_is_the_email(shop: InMemoryShop) -> None:
    notifier, notification = ScriptedNotifier(), new_notification("bob@example.com")

    assert notify(shop, notifier, notification) is NotificationOutcome.SENT

    assert [message.to for message in notifier.messages] == ["bob@example.com"]


@pytest.mark.parametrize("errors", [NotifierUnavailable("away"), NotificationRejected("no such box")])
def test_failed_notification_can_be_retried(shop: InMemoryShop, errors: Exception) -> None:
    notifier, notification = ScriptedNotifier(errors=[errors]), new_notification()

    with pytest.raises(type(errors)):
        notify(shop, notifier, notification)

    assert notify(shop, notifier, notification) is NotificationOutcome.SENT
    assert len(notifier.messages) == 1


def test_notification_and_tracking_ids_are_separate(shop: InMemoryShop) -> None:
    notification = new_notification()
    with shop.unit_of_work() as uow:
        uow.inbox.record(str(notification.id), scope="tracking", at=NOON)
        uow.commit()

    assert notify(shop, ScriptedNotifier(), notification) is NotificationOutcome.SENT
