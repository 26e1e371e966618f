"""Contract of Inbox: a message is recorded once, in the transaction that handles it."""

from functools import partial
from threading import Event

import pytest

from tests.support.examples import NOON
from tests.support.stores import Shop
from tests.support.threads import at_once, other_thread


def record(shop: Shop, message_id: str = "m-1", *, scope: str = "tracking") -> bool:
    with shop.unit_of_work() as uow:
        new = uow.inbox.record(message_id, scope=scope, at=NOON)
        uow.commit()
    return new


def test_message_is_new_only_the_first_time(shop: Shop) -> None:
    assert [record(shop) for _ in range(3)] == [True, False, False]


@pytest.mark.parametrize(("message_id", "scope"), [("M-1", "tracking"), ("m-1 ", "tracking"), ("m-1", "notify")])
def test_message_id_is_unique_per_scope(shop: Shop, message_id: str, scope: str) -> None:
    record(shop)

    assert record(shop, message_id, scope=scope)


@pytest.mark.parametrize("message_id", ["x" * 255, "'; DROP TABLE inbox; --", "Päckchen \U0001f4e6", "%s :at"])
def test_message_id_is_stored_exactly(shop: Shop, message_id: str) -> None:
    assert [record(shop, message_id), record(shop, message_id)] == [True, False]


def test_duplicate_is_found_in_same_transaction(shop: Shop) -> None:
    with shop.unit_of_work() as uow:
        assert uow.inbox.record("m-1", scope="tracking", at=NOON)
        assert not uow.inbox.record("m-1", scope="tracking", at=NOON)


def test_rollback_discards_the_message(shop: Shop) -> None:
    with shop.unit_of_work() as uow:
        uow.inbox.record("m-1", scope="tracking", at=NOON)

    assert record(shop)


def test_failure_discards_the_message(shop: Shop) -> None:
    def fail() -> None:
        with shop.unit_of_work() as uow:
            uow.inbox.record("m-1", scope="tracking", at=NOON)
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert record(shop)


def test_concurrent_message_is_new_for_one_caller(shop: Shop) -> None:
    for attempt in range(5):
        results = at_once(*[partial(record, shop, f"m-{attempt}")] * 12)

        assert sorted(results, key=bool) == [False] * 11 + [True]


@pytest.mark.parametrize("ends_well", [True, False])
def test_duplicate_waits_for_open_transaction(shop: Shop, ends_well: bool) -> None:
    recorded, go_on = Event(), Event()

    def first() -> None:
        with shop.unit_of_work() as uow:
            uow.inbox.record("m-1", scope="tracking", at=NOON)
            recorded.set()
            go_on.wait(10)
            if ends_well:
                uow.commit()

    with other_thread() as thread, other_thread() as other:
        doing = thread.submit(first)
        assert recorded.wait(10)
        waiting = other.submit(record, shop)
        with pytest.raises(TimeoutError):
            waiting.result(0.5)
        go_on.set()
        doing.result(10)

        assert waiting.result(10) is not ends_well
