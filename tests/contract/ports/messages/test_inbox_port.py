"""Contract of Inbox, on every adapter."""

from orders_adapters.testing.inbox import InboxTests


class TestInbox(InboxTests):
    pass
