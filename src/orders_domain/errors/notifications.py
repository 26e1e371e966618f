"""Errors about notifications of users."""

from __future__ import annotations

from orders_domain.errors.base import Kind, OrdersError
from orders_domain.errors.unavailable import PrerequisiteMissing, Unavailable


class NotifierUnavailable(Unavailable):
    """Notifications cannot be sent now; the last one may have been sent."""

    code = "notifier_unavailable"


class RecipientDeferred(PrerequisiteMissing):
    """The recipient cannot get the notification now, such as for a full mailbox; others can."""

    code = "recipient_deferred"
    backs_off = True


class NotificationRejected(OrdersError):
    """The notification is permanently rejected, such as for an invalid address."""

    kind = Kind.INVALID
    code = "notification_rejected"
