"""Contract of Inbox: a message is recorded once, in the transaction that handles it."""

from datetime import datetime, timedelta
from functools import partial
from threading import Event

import pytest

from orders_adapters.testing.examples import NOON
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once, other_thread


def record(store: StoreHarness, message_id: str = "m-1", *, scope: str = "tracking", at: datetime = NOON) -> bool:
    with store.unit_of_work() as uow:
        new = uow.inbox.record(message_id, scope=scope, at=at)
        uow.commit()
    return new


class InboxTests:
    """Promises of ``Inbox`` and ``InboxCleanup``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_message_is_new_only_the_first_time(self, store: StoreHarness) -> None:
        assert [record(store) for _ in range(3)] == [True, False, False]

    @pytest.mark.parametrize(("message_id", "scope"), [("M-1", "tracking"), ("m-1 ", "tracking"), ("m-1", "notify")])
    def test_message_id_is_unique_per_scope(self, store: StoreHarness, message_id: str, scope: str) -> None:
        record(store)

        assert record(store, message_id, scope=scope)

    @pytest.mark.parametrize("message_id", ["x" * 255, "'; DROP TABLE inbox; --", "Päckchen \U0001f4e6", "%s :at"])
    def test_message_id_is_stored_exactly(self, store: StoreHarness, message_id: str) -> None:
        assert [record(store, message_id), record(store, message_id)] == [True, False]

    def test_duplicate_is_found_in_same_transaction(self, store: StoreHarness) -> None:
        with store.unit_of_work() as uow:
            assert uow.inbox.record("m-1", scope="tracking", at=NOON)
            assert not uow.inbox.record("m-1", scope="tracking", at=NOON)

    def test_rollback_discards_the_message(self, store: StoreHarness) -> None:
        with store.unit_of_work() as uow:
            uow.inbox.record("m-1", scope="tracking", at=NOON)

        assert record(store)

    def test_failure_discards_the_message(self, store: StoreHarness) -> None:
        def fail() -> None:
            with store.unit_of_work() as uow:
                uow.inbox.record("m-1", scope="tracking", at=NOON)
                raise KeyError

        with pytest.raises(KeyError):
            fail()

        assert record(store)

    def test_concurrent_message_is_new_for_one_caller(self, store: StoreHarness) -> None:
        for attempt in range(5):
            results = at_once(*[partial(record, store, f"m-{attempt}")] * 12)

            assert sorted(results, key=bool) == [False] * 11 + [True]

    @pytest.mark.parametrize("ends_well", [True, False])
    def test_duplicate_waits_for_open_transaction(self, store: StoreHarness, ends_well: bool) -> None:
        recorded, go_on = Event(), Event()

        def first() -> None:
            with store.unit_of_work() as uow:
                uow.inbox.record("m-1", scope="tracking", at=NOON)
                recorded.set()
                go_on.wait(10)
                if ends_well:
                    uow.commit()

        with other_thread() as thread, other_thread() as other:
            doing = thread.submit(first)
            assert recorded.wait(10)
            waiting = other.submit(record, store)
            with pytest.raises(TimeoutError):
                waiting.result(0.5)
            go_on.set()
            doing.result(10)

            assert waiting.result(10) is not ends_well

    def test_old_messages_are_pruned_in_batches(self, store: StoreHarness) -> None:
        instant = timedelta(microseconds=1)
        for number in range(5):
            record(store, f"old {number}", scope=f"scope {number}")
        record(store, "young", at=NOON + instant)

        pruned = [store.inbox.prune(recorded_before=NOON + instant, limit=3) for _ in range(3)]

        assert pruned == [3, 2, 0]
        assert [record(store, "young"), record(store, "old 0", scope="scope 0")] == [False, True]
