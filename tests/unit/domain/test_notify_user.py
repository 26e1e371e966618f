"""Telling users: one message a change, however often the change is told."""

from dataclasses import dataclass, field

import pytest

from orders_domain.errors import NotificationRejected, NotifierUnavailable
from orders_domain.model.notification import Notification
from orders_domain.ports.notifier import NotificationMessage
from orders_domain.use_cases import NotificationOutcome, NotifyUser, notify_user
from tests.support.examples import NOON, new_id
from tests.support.use_cases import Shop


@dataclass
class Postman:
    """Keeps the letters, and fails where it is told to."""

    letters: list[NotificationMessage] = field(default_factory=list)
    trouble: list[Exception] = field(default_factory=list)

    def __call__(self, letter: NotificationMessage) -> None:
        if self.trouble:
            raise self.trouble.pop()
        self.letters.append(letter)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def news(user: str = "ann") -> Notification:
    return Notification(id=new_id(), user_id=user, order="7", message="On its way.", occurred_at=NOON)


def notify(shop: Shop, postman: Postman, one: Notification) -> NotificationOutcome:
    known = {"ann": "ann@example.com"}
    return notify_user(
        NotifyUser(notification=one), uow=shop.uow, email_lookup=known.get, notifier=postman, clock=shop.clock
    )


@pytest.mark.clause("002-29")
def test_repeated_notification_is_sent_once(shop: Shop) -> None:
    postman, one = Postman(), news()

    told = [notify(shop, postman, one) for _ in range(100)]

    assert told == [NotificationOutcome.SENT] + [NotificationOutcome.REPEATED] * 99
    assert postman.letters == [NotificationMessage(to="ann@example.com", notification=one)]


def test_each_notification_is_sent_separately(shop: Shop) -> None:
    postman = Postman()

    for one in (news(), news()):
        notify(shop, postman, one)

    assert len(postman.letters) == 2


def test_user_without_email_gets_no_message(shop: Shop) -> None:
    postman, one = Postman(), news("bob")

    assert [notify(shop, postman, one), notify(shop, postman, one)] == [
        NotificationOutcome.NO_ADDRESS,
        NotificationOutcome.REPEATED,
    ]

    assert postman.letters == []


def test_user_id_with_at_sign_is_the_email(shop: Shop) -> None:
    postman, one = Postman(), news("bob@example.com")

    assert notify(shop, postman, one) is NotificationOutcome.SENT

    assert [letter.to for letter in postman.letters] == ["bob@example.com"]


@pytest.mark.parametrize("trouble", [NotifierUnavailable("away"), NotificationRejected("no such box")])
def test_failed_notification_can_be_retried(shop: Shop, trouble: Exception) -> None:
    postman, one = Postman(trouble=[trouble]), news()

    with pytest.raises(type(trouble)):
        notify(shop, postman, one)

    assert notify(shop, postman, one) is NotificationOutcome.SENT
    assert len(postman.letters) == 1


def test_notification_and_tracking_ids_are_separate(shop: Shop) -> None:
    one = news()
    with shop.uow as uow:
        uow.inbox.record(str(one.id), scope="tracking", at=NOON)
        uow.commit()

    assert notify(shop, Postman(), one) is NotificationOutcome.SENT
