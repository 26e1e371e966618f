"""Expiry of orders and stock holds: one that cannot expire does not stop the others, whatever the reason."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from orders_adapters.memory.life.stock_holds import InMemoryStockHoldRepository
from orders_adapters.memory.order_cache import NullOrderCache
from orders_adapters.memory.orders import InMemoryOrderRepository
from orders_adapters.testing.catalog.inventory import Inventory
from orders_adapters.testing.catalog.stock_holds import held, hold_of
from orders_adapters.testing.examples import NOON, new_id
from orders_adapters.testing.life.order_life import of_shop
from orders_adapters.testing.stores import StoreHarness
from orders_domain.errors import StoreUnavailable
from orders_domain.use_cases import ExpiryResult, expire_orders, expire_stock_holds
from orders_flask.workers.order_expirer import OrderExpirer
from tests.support.stores import in_memory

LATER = NOON + timedelta(hours=1)


def due_orders(store: StoreHarness) -> list[UUID]:
    orders = [of_shop(expires_in=60 + number) for number in range(3)]
    store.add(*orders)
    return [order.id for order in orders]


def due_holds(store: StoreHarness) -> list[UUID]:
    inventory = Inventory(store)
    [tea] = inventory.stocked(3)
    return [held(inventory, hold_of({tea: 1}, seconds=60 + number)).id for number in range(3)]


def expired_orders(store: StoreHarness) -> ExpiryResult:
    ports: Any = {"queries": store.queries, "uow": store.unit_of_work(), "cache": NullOrderCache(), "new_id": new_id}
    return expire_orders(**ports, clock=lambda: LATER)


def expired_holds(store: StoreHarness) -> ExpiryResult:
    return expire_stock_holds(stock_holds=store.stock_holds, uow=store.unit_of_work(), clock=lambda: LATER)


KINDS = [
    (due_orders, expired_orders, InMemoryOrderRepository),
    (due_holds, expired_holds, InMemoryStockHoldRepository),
]


def break_one(monkeypatch: pytest.MonkeyPatch, repository: Any, broken: UUID, error: Exception) -> None:
    """Let the repository raise the error for this one."""
    get = repository.get_for_update

    def get_for_update(self: object, wanted: UUID) -> object:
        if wanted == broken:
            raise error
        return get(self, wanted)

    monkeypatch.setattr(repository, "get_for_update", get_for_update)


@pytest.mark.parametrize(("due", "expired", "repository"), KINDS)
def test_one_that_cannot_expire_does_not_stop_others(
    due: Any, expired: Any, repository: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, flaw = in_memory(), KeyError("a row that a newer release wrote")
    broken, *others = due(store)
    break_one(monkeypatch, repository, broken, flaw)

    assert expired(store) == ExpiryResult(expired=tuple(others), failures=(flaw,))
    assert expired(store) == ExpiryResult(failures=(flaw,))


@pytest.mark.parametrize(("due", "expired", "repository"), KINDS)
def test_unavailable_store_ends_the_expiry(
    due: Any, expired: Any, repository: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = in_memory()
    break_one(monkeypatch, repository, due(store)[0], StoreUnavailable("gone"))

    with pytest.raises(StoreUnavailable):
        expired(store)


def test_worker_logs_failures_once_a_minute_and_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    failed, waited = ExpiryResult(failures=(KeyError("row 7"),)), list[float | None]()
    worker = OrderExpirer(expire_orders=lambda: failed, expire_stock_holds=ExpiryResult)
    monkeypatch.setattr(worker.stop, "wait", waited.append)

    with capture_logs() as logged:
        worker.step()
        worker.step()

    assert [record["event"] for record in logged] == ["expiries.failed"]
    assert len(waited) == 2
