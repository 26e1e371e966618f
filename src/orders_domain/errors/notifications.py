"""Errors about notifications of users."""

from __future__ import annotations

from orders_domain.errors.base import Kind, OrdersError
from orders_domain.errors.unavailable import Unavailable


class NotifierUnavailable(Unavailable):
    """Notifications cannot be sent now; the last one may have been sent."""

    code = "notifier_unavailable"


class NotificationRejected(OrdersError):
    """The notification is permanently rejected, such as for an invalid address."""

    kind = Kind.INVALID
    code = "notification_rejected"
