"""Notifier port: sends notifications to users by e-mail."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from orders_domain.model.notification import Notification


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationMessage:
    """A notification and its recipient."""

    to: str  # an e-mail address
    notification: Notification


Notifier: TypeAlias = Callable[[NotificationMessage], None]
"""Send the message, and return when the mail server has accepted it. Each repetition has the same message id.

Raises:
    NotificationRejected: the message is permanently rejected.
    NotifierUnavailable: the message cannot be sent now; it may have been sent.
    RecipientDeferred: this message cannot be sent now, but those to other recipients can.
"""

EmailLookup: TypeAlias = Callable[[str], str | None]
"""Return the e-mail address of a user's account, or None if there is no account or no address.

Raises:
    StoreUnavailable: the store is unavailable.
"""
