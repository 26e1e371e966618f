"""In-memory alert recipient repository."""

from collections.abc import Sequence

from orders_adapters.memory.store import InMemoryStore
from orders_domain.model.notification import Alert, AlertRecipient
from orders_domain.ports.alert_recipients import AlertRecipientRepository


class InMemoryAlertRecipientRepository(AlertRecipientRepository):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def add(self, recipient: AlertRecipient) -> None:
        with self._store.read_lock:
            self._store.alert_recipients[recipient.alert, recipient.address] = recipient

    def remove(self, address: str, *, alert: Alert) -> bool:
        with self._store.read_lock:
            return self._store.alert_recipients.pop((alert, address), None) is not None

    def list(self) -> Sequence[AlertRecipient]:
        with self._store.read_lock:
            recipients = self._store.alert_recipients.values()
            return sorted(recipients, key=lambda recipient: (recipient.alert.value, recipient.address))
