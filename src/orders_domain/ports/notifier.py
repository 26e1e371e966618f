"""Notifier port: sends a message to one recipient, by e-mail or as a short message."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from orders_domain.model.accounts.contact import Contact
from orders_domain.model.notification import Notification, NotificationText


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationMessage:
    """A text and its recipient. The id is that of the notification, the same at every attempt."""

    id: UUID
    to: str  # an e-mail address, or a phone number of E.164
    content: NotificationText
    occurred_at: datetime


Notifier: TypeAlias = Callable[[NotificationMessage], None]
"""Send the message, and return when the server has accepted it. Each repetition has the same message id.

Raises:
    NotificationRejected: the message is permanently rejected.
    NotifierUnavailable: the message cannot be sent now; it may have been sent.
    RecipientDeferred: this message cannot be sent now, but those to other recipients can.
"""

NotificationRenderer: TypeAlias = Callable[[Notification, str | None], NotificationText]
"""Return the text of a notification in a language, or in the default one if there are no templates of the language.

For a language such as ``de-AT`` the templates of ``de-AT`` are used, otherwise those of ``de``, otherwise those of the
default language.
"""

ContactLookup: TypeAlias = Callable[[str], Contact]
"""Return the e-mail address and the language of a user's account; without an account, both are absent.

Raises:
    StoreUnavailable: the store is unavailable.
"""
