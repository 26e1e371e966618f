"""Contract of Notifier: the message reaches its recipient, and each repetition has the same id."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from orders_adapters.testing.examples import NOON, new_id
from orders_domain.errors import NotificationRejected, NotifierUnavailable
from orders_domain.model.notification import Notification
from orders_domain.ports.notifier import NotificationMessage, Notifier

NEWS = Notification(id=new_id(), user_id="ann", order="7", message="Your order 7 is on its way.", occurred_at=NOON)
LETTER = NotificationMessage(to="ann@example.com", notification=NEWS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredMessage:
    """A message that the server has accepted; each repetition has the same ``message_id``."""

    message_id: str
    to: str
    text: str


@dataclass(frozen=True, kw_only=True)
class NotifierHarness:
    """An adapter and its server.

    ``delivered()`` returns the accepted messages, oldest first. After ``reject()`` the server refuses every recipient
    for good, and after ``defer()`` for now.
    """

    notifier: Notifier
    delivered: Callable[[], Sequence[DeliveredMessage]]
    reject: Callable[[], None]
    defer: Callable[[], None]


class NotifierTests:
    """Promises of ``Notifier``.

    A subclass has the fixture ``harness``: an adapter and its server (``NotifierHarness``).
    """

    def test_message_reaches_its_recipient(self, harness: NotifierHarness) -> None:
        harness.notifier(LETTER)

        (message,) = harness.delivered()
        assert (message.to, message.text) == (LETTER.to, NEWS.message)

    def test_repetition_has_the_same_id(self, harness: NotifierHarness) -> None:
        for notification in (NEWS, NEWS, replace(NEWS, id=new_id())):
            harness.notifier(replace(LETTER, notification=notification))

        first, again, other = (message.message_id for message in harness.delivered())
        assert first == again != other

    @pytest.mark.parametrize("way", ["reject", "defer"])
    def test_refused_message_raises(self, harness: NotifierHarness, way: str) -> None:
        getattr(harness, way)()

        with pytest.raises(NotificationRejected if way == "reject" else NotifierUnavailable):
            harness.notifier(LETTER)

        assert harness.delivered() == []
