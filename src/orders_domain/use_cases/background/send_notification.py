"""Use case: send a queued notification."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from orders_domain.errors import NotificationRejected, NotifierUnavailable, RecipientDeferred
from orders_domain.model.accounts.contact import is_email_address
from orders_domain.model.notification import Channel, NotificationState
from orders_domain.ports.clock import Clock
from orders_domain.ports.notification_queue import NotificationQueue, QueuedNotification
from orders_domain.ports.notifier import ContactLookup, NotificationMessage, NotificationRenderer, Notifier

LEASE = timedelta(minutes=5)
"""Longer than any attempt, so that a notification is claimed again only if its sender died."""
UNAVAILABLE_DELAY = timedelta(seconds=5)
MIN_BACKOFF, MAX_BACKOFF = timedelta(seconds=5), timedelta(minutes=5)
MAX_ATTEMPTS = 14  # over 40 minutes, as mail servers that refuse an unknown sender accept the letter within minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class SendNotification:
    channel: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationResult:
    """The state of a notification after the attempt; WAITING if its recipient was refused for now."""

    id: UUID
    state: NotificationState
    error: str | None = None


def send_notification(
    request: SendNotification,
    *,
    queue: NotificationQueue,
    contact_lookup: ContactLookup,
    renderer: NotificationRenderer,
    notifiers: Mapping[Channel, Notifier],
    clock: Clock,
) -> NotificationResult | None:
    """Send a due notification and return the result, or None if none is due (clauses 002-29, 002-30).

    The state is stored after sending. A process that dies in between sends the notification again, with the same id,
    after the lease. A recipient that is refused for now is tried again 13 times, over 40 minutes.

    Raises:
        NotifierUnavailable: nothing can be sent by this channel now; the notification waits.
        StoreUnavailable: the store is unavailable.
    """
    now = clock()
    queued = queue.claim(request.channel, now=now, until=now + LEASE)
    if queued is None:
        return None
    state, error, delay, attempts = NotificationState.SENT, None, timedelta(0), queued.attempts
    try:
        if not _send(queued, contact_lookup, renderer, notifiers[request.channel]):
            state = NotificationState.UNADDRESSED
    except NotifierUnavailable as unavailable:
        queue.record(
            queued.notification.id,
            state=NotificationState.WAITING,
            due_at=clock() + UNAVAILABLE_DELAY,
            attempts=attempts,
            last_error=str(unavailable),
        )
        raise
    except RecipientDeferred as deferred:
        attempts, error = attempts + 1, str(deferred)
        state = NotificationState.FAILED if attempts >= MAX_ATTEMPTS else NotificationState.WAITING
        delay = min(MIN_BACKOFF * 2 ** (attempts - 1), MAX_BACKOFF)
    except NotificationRejected as rejected:
        state, error = NotificationState.FAILED, str(rejected)
    except Exception as fault:  # noqa: BLE001 - whatever it is, it must not stop the other notifications
        state, error = NotificationState.FAILED, f"{type(fault).__name__}: {fault}"
    queue.record(queued.notification.id, state=state, due_at=clock() + delay, attempts=attempts, last_error=error)
    return NotificationResult(id=queued.notification.id, state=state, error=error)


def _send(
    queued: QueuedNotification, contact_lookup: ContactLookup, renderer: NotificationRenderer, notifier: Notifier
) -> bool:
    """Send the notification; return False if there is no address."""
    address, language = _recipient(queued, contact_lookup)
    if address is None:
        return False
    notification = queued.notification
    content = renderer(notification, language)
    notifier(NotificationMessage(id=notification.id, to=address, content=content, occurred_at=notification.occurred_at))
    return True


def _recipient(queued: QueuedNotification, contact_lookup: ContactLookup) -> tuple[str | None, str | None]:
    """Return the address and the language.

    The address was given with the order, or is that of the account, or is the user id. The language was given with the
    order, or is that of the account if the address is the account's.
    """
    if queued.order is None:
        return queued.notification.address, queued.notification.language
    contact, user_id = queued.order.contact, queued.order.user_id
    if queued.notification.channel is Channel.SMS:
        return contact.phone_number, contact.language
    if contact.email_address or user_id is None:
        return contact.email_address, contact.language
    account = contact_lookup(user_id)
    address = account.email or (user_id if is_email_address(user_id) else None)
    return address, contact.language or account.language
