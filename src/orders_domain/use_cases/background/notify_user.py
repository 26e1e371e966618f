"""Use case: send a user a notification about an order."""

from dataclasses import dataclass
from enum import Enum

from orders_domain.model.notification import Notification
from orders_domain.ports.clock import Clock
from orders_domain.ports.notifier import EmailLookup, NotificationMessage, Notifier
from orders_domain.ports.unit_of_work import UnitOfWork

SCOPE = "notify"
"""The inbox scope of notification ids."""


class NotificationOutcome(Enum):
    """The outcome for a notification."""

    SENT = "sent"
    NO_ADDRESS = "no address"
    REPEATED = "repeated"  # already sent


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyUser:
    notification: Notification


def notify_user(
    request: NotifyUser, *, uow: UnitOfWork, email_lookup: EmailLookup, notifier: Notifier, clock: Clock
) -> NotificationOutcome:
    """Send the notification once, even if it is delivered repeatedly (clause 002-29).

    The notification is recorded after sending, so a crash in between sends it again with the same id. Callers must not
    process the same id concurrently.

    Raises:
        NotificationRejected: the message is permanently rejected.
        NotifierUnavailable: the message cannot be sent now.
        RecipientDeferred: this message cannot be sent now, but those to other recipients can.
        StoreUnavailable: the store is unavailable.
    """
    notification = request.notification
    with uow:
        if not uow.inbox.record(str(notification.id), scope=SCOPE, at=clock()):
            return NotificationOutcome.REPEATED
    address = email_lookup(notification.user_id) or _own_address(notification.user_id)
    if address is not None:
        notifier(NotificationMessage(to=address, notification=notification))
    with uow:
        uow.inbox.record(str(notification.id), scope=SCOPE, at=clock())
        uow.commit()
    return NotificationOutcome.NO_ADDRESS if address is None else NotificationOutcome.SENT


def _own_address(user_id: str) -> str | None:
    """Return the user id if it is an e-mail address: identity providers often use the address as the subject."""
    return user_id if "@" in user_id else None
