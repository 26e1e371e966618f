"""Contract of UnitOfWork, on every adapter; and the lock of the in-memory store."""

import pytest

from orders_adapters.testing.examples import placed
from orders_adapters.testing.threads import at_once
from orders_adapters.testing.unit_of_work_misuse import UnitOfWorkMisuseTests
from orders_domain.errors import StoreUnavailable
from tests.support.stores import in_memory


class TestUnitOfWorkMisuse(UnitOfWorkMisuseTests):
    pass


def test_nested_unit_of_work_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders_adapters.memory.unit_of_work.LOCK_TIMEOUT", 0.1)
    store = in_memory()

    with store.unit_of_work() as outer, pytest.raises(StoreUnavailable), store.unit_of_work():
        raise AssertionError("two are open")
    with pytest.raises(RuntimeError):
        outer.commit()

    assert [type(result) for result in at_once(*[lambda: store.add(placed())] * 4)] == [type(None)] * 4
