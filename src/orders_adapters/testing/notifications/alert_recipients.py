"""Contract of AlertRecipientRepository: an address gets an alert once, in one language."""

from orders_adapters.testing.stores import StoreHarness
from orders_domain.model.notification import Alert, AlertRecipient

ROOT = AlertRecipient(address="root@example.com")
CLERK = AlertRecipient(address="+4915112345678", language="de")


class AlertRecipientRepositoryTests:
    """Promises of ``AlertRecipientRepository``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_recipients_are_listed_by_address(self, store: StoreHarness) -> None:
        for recipient in (ROOT, CLERK):
            store.alert_recipients.add(recipient)

        assert store.alert_recipients.list() == [CLERK, ROOT]

    def test_repetition_sets_the_language(self, store: StoreHarness) -> None:
        german = AlertRecipient(address=ROOT.address, language="de")

        for recipient in (ROOT, german):
            store.alert_recipients.add(recipient)

        assert store.alert_recipients.list() == [german]

    def test_removed_recipient_is_gone(self, store: StoreHarness) -> None:
        store.alert_recipients.add(ROOT)

        removed = [store.alert_recipients.remove(ROOT.address, alert=Alert.STOCK_LOW) for _ in range(2)]

        assert removed == [True, False]
        assert store.alert_recipients.list() == []
