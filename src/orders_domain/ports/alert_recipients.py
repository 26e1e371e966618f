"""Alert recipient repository port."""

from collections.abc import Sequence
from typing import Protocol

from orders_domain.model.notification import Alert, AlertRecipient


class AlertRecipientRepository(Protocol):
    """The addresses that get alerts. Every method raises StoreUnavailable if the store is unavailable."""

    def add(self, recipient: AlertRecipient) -> None:
        """Store the recipient; one with the same alert and address gets its language."""
        ...

    def remove(self, address: str, *, alert: Alert) -> bool:
        """Delete the recipient; return whether there was one."""
        ...

    def list(self) -> Sequence[AlertRecipient]:
        """Return all recipients, by alert and address."""
        ...
