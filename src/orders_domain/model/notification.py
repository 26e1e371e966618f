"""Notifications: a letter or a short message about an order or a product, and the recipients of alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from orders_domain.errors import InvalidValue
from orders_domain.model.accounts.contact import Contact, is_email_address, is_language, is_phone_number
from orders_domain.model.values.json_values import JSON


class NotificationKind(Enum):
    """The kind of a notification; its templates have this name."""

    ORDER_PLACED = "order_placed"
    STATUS_CHANGED = "status_changed"
    ORDER_CANCELED = "order_canceled"
    SHIPMENT_CHANGED = "shipment_changed"  # it failed or came back
    STOCK_LOW = "stock_low"
    DELIVERY_FAILED = "delivery_failed"  # the same, for administrators
    WEBHOOK_DISABLED = "webhook_disabled"


class Alert(Enum):
    """A notification for administrators, which recipients choose."""

    STOCK_LOW = "stock_low"
    DELIVERY_FAILED = "delivery_failed"
    WEBHOOK_DISABLED = "webhook_disabled"


class Channel(Enum):
    EMAIL = "email"
    SMS = "sms"


class NotificationState(Enum):
    WAITING = "waiting"
    SENT = "sent"
    UNADDRESSED = "unaddressed"  # nobody to send it to
    FAILED = "failed"  # refused for good, or refused too often


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A notification for one recipient by one channel. Its id is the same at every attempt.

    ``data`` has the values for the templates of its kind. The recipient is ``address``, or the customer of the order.
    """

    id: UUID
    kind: NotificationKind
    channel: Channel
    data: Mapping[str, JSON]
    occurred_at: datetime
    order_id: UUID | None = None
    address: str | None = None
    language: str | None = None  # None for the customer's, or the default


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationText:
    """A notification in the language of its recipient."""

    subject: str
    text: str
    html: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifiedOrder:
    """The facts about an order that its notifications need."""

    number: int
    user_id: str | None
    contact: Contact

    @property
    def has_customer(self) -> bool:
        """Whether there may be an address to write to."""
        return bool(self.user_id or self.contact.email_address or self.contact.phone_number)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecipient:
    """An address that gets an alert, in a language or in the default one.

    Raises:
        InvalidValue: the address is neither an e-mail address nor a phone number, or the language is not a tag.
    """

    address: str
    alert: Alert = Alert.STOCK_LOW
    language: str | None = None

    def __post_init__(self) -> None:
        if not is_email_address(self.address) and not is_phone_number(self.address):
            raise InvalidValue(
                "An address must be an e-mail address such as root@example.com, or a phone number such as "
                "+4915112345678 (E.164).",
                field="address",
            )
        if self.language is not None and not is_language(self.language):
            raise InvalidValue("A language must be a tag such as de or de-AT.", field="language")

    @property
    def channel(self) -> Channel:
        return Channel.SMS if is_phone_number(self.address) else Channel.EMAIL
