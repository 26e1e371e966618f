"""Tell a user what happened to an order."""

from dataclasses import dataclass
from enum import Enum

from orders_domain.model.actor import Actor, Role
from orders_domain.model.notification import Notification
from orders_domain.ports.clock import Clock
from orders_domain.ports.notifier import EmailLookup, NotificationMessage, Notifier
from orders_domain.ports.unit_of_work import UnitOfWork

SCOPE = "notify"
"""What the notifications' ids count in."""
NOTIFIER = Actor(subject="notifier", role=Role.SYSTEM)


class NotificationOutcome(Enum):
    """What a notification came to."""

    SENT = "sent"
    NO_ADDRESS = "no address"
    REPEATED = "repeated"  # it was sent before


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyUser:
    """One notification."""

    notification: Notification

    @property
    def actor(self) -> Actor:
        return NOTIFIER


def notify_user(
    request: NotifyUser, *, uow: UnitOfWork, email_lookup: EmailLookup, notifier: Notifier, clock: Clock
) -> NotificationOutcome:
    """Send one message, however often the notification comes (clause 002-29).

    It is noted after it was sent: whoever dies in between has it sent again, under the same id. Whoever calls sees to
    it that two of one id are not sent at once.

    Raises:
        NotificationRejected: it will never be taken.
        NotifierUnavailable: it cannot be sent now.
        StoreUnavailable: the store is away.
    """
    news = request.notification
    with uow:
        if not uow.inbox.record(str(news.id), scope=SCOPE, at=clock()):
            return NotificationOutcome.REPEATED
    address = email_lookup(news.user_id) or _own_address(news.user_id)
    if address is not None:
        notifier(NotificationMessage(to=address, notification=news))
    with uow:
        uow.inbox.record(str(news.id), scope=SCOPE, at=clock())
        uow.commit()
    return NotificationOutcome.NO_ADDRESS if address is None else NotificationOutcome.SENT


def _own_address(user_id: str) -> str | None:
    """Identity providers often use the e-mail address as the subject: then the user id is the address."""
    return user_id if "@" in user_id else None
