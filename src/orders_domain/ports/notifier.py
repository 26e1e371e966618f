"""Messages to people."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from orders_domain.model.notification import Notification


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationMessage:
    """A notification on its way to a person."""

    to: str  # an e-mail address
    notification: Notification


Notifier: TypeAlias = Callable[[NotificationMessage], None]
"""Send the letter; it is safe with whoever delivers it when this returns. Each repetition bears the same id.

Raises:
    NotificationRejected: it will never be taken.
    NotifierUnavailable: it cannot be sent now; it may have been.
"""

EmailLookup: TypeAlias = Callable[[str], str | None]
"""The e-mail address of a user's account; None without an account, or without an address in it.

Raises:
    StoreUnavailable: the store is away.
"""
