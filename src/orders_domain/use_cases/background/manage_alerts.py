"""Use cases: add, remove and list the recipients of alerts, for administrators."""

from collections.abc import Sequence
from dataclasses import dataclass

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.notification import Alert, AlertRecipient
from orders_domain.ports.alert_recipients import AlertRecipientRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAlertRecipient:
    actor: Actor
    recipient: AlertRecipient


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveAlertRecipient:
    actor: Actor
    address: str
    alert: Alert = Alert.STOCK_LOW


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAlertRecipients:
    actor: Actor


def add_alert_recipient(request: AddAlertRecipient, *, recipients: AlertRecipientRepository) -> None:
    """Store the recipient, or the new language of one that is stored (clause 002-30).

    Raises:
        AccessDenied: the actor is not an administrator.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    recipients.add(request.recipient)


def remove_alert_recipient(request: RemoveAlertRecipient, *, recipients: AlertRecipientRepository) -> bool:
    """Delete the recipient; return whether there was one.

    Raises:
        AccessDenied: the actor is not an administrator.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    return recipients.remove(request.address, alert=request.alert)


def list_alert_recipients(
    request: ListAlertRecipients, *, recipients: AlertRecipientRepository
) -> Sequence[AlertRecipient]:
    """Return all recipients of alerts.

    Raises:
        AccessDenied: the actor is not an administrator.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    return recipients.list()
