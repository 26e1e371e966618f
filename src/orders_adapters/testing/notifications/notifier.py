"""Contract of Notifier: the message reaches its recipient, and each repetition has the same id."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from orders_adapters.testing.examples import NOON, new_id
from orders_domain.errors import NotificationRejected, RecipientDeferred
from orders_domain.model.notification import NotificationText
from orders_domain.ports.notifier import NotificationMessage, Notifier

NEWS = NotificationText(subject="Your order 7", text="Your order 7 is on its way.")
LETTER = NotificationMessage(id=new_id(), to="ann@example.com", content=NEWS, occurred_at=NOON)


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
    for good, and after ``defer()`` for now. ``message`` has a recipient of the adapter's kind.
    """

    notifier: Notifier
    delivered: Callable[[], Sequence[DeliveredMessage]]
    reject: Callable[[], None]
    defer: Callable[[], None]
    message: NotificationMessage = LETTER


class NotifierTests:
    """Promises of ``Notifier``.

    A subclass has the fixture ``harness``: an adapter and its server (``NotifierHarness``).
    """

    def test_message_reaches_its_recipient(self, harness: NotifierHarness) -> None:
        harness.notifier(harness.message)

        (message,) = harness.delivered()
        assert (message.to, message.text) == (harness.message.to, NEWS.text)

    def test_repetition_has_the_same_id(self, harness: NotifierHarness) -> None:
        for message in (harness.message, harness.message, replace(harness.message, id=new_id())):
            harness.notifier(message)

        first, again, other = (message.message_id for message in harness.delivered())
        assert first == again != other

    @pytest.mark.parametrize("way", ["reject", "defer"])
    def test_refused_message_raises(self, harness: NotifierHarness, way: str) -> None:
        getattr(harness, way)()

        with pytest.raises(NotificationRejected if way == "reject" else RecipientDeferred):
            harness.notifier(harness.message)

        assert harness.delivered() == []
