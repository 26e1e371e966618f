"""Contract of AlertRecipientRepository, on every adapter."""

from orders_adapters.testing.notifications.alert_recipients import AlertRecipientRepositoryTests


class TestAlertRecipientRepository(AlertRecipientRepositoryTests):
    pass
