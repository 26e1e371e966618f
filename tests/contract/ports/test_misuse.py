"""Misuse of the stores by a program or a client: every store rejects it alike and loses nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from orders_adapters.testing.examples import ADA, NOON, placed
from orders_adapters.testing.threads import at_once
from orders_domain.errors import OrderNotFound, ProductNotFound, StoreUnavailable, TemplateNotFound
from orders_domain.ports.unit_of_work import UnitOfWork
from tests.support.stores import Shop, in_memory

PARTS: list[Callable[[UnitOfWork], Any]] = [
    lambda uow: uow.orders,
    lambda uow: uow.products,
    lambda uow: uow.stock,
    lambda uow: uow.idempotency_keys,
    lambda uow: uow.inbox,
    lambda uow: uow.reservations,
    lambda uow: uow.publish([]),
    lambda uow: uow.commit(),
]


@pytest.mark.parametrize("part", PARTS)
def test_closed_unit_of_work_rejects_calls(shop: Shop, part: Callable[[UnitOfWork], Any]) -> None:
    fresh, committed, left = (shop.unit_of_work() for _ in range(3))
    with committed:
        committed.commit()
    with left:
        pass

    for uow in (fresh, committed, left):
        with pytest.raises(RuntimeError, match="not open"):
            part(uow)

    with fresh:  # and is usable afterwards
        part(fresh)


def test_committed_unit_of_work_rejects_calls(shop: Shop) -> None:
    with shop.unit_of_work() as uow:
        uow.orders.add(first := placed())
        uow.commit()
        with pytest.raises(RuntimeError, match="committed"):
            uow.orders.add(placed())
        with pytest.raises(RuntimeError, match="committed"):
            uow.commit()

    assert [event.event.order_id for event in shop.events()] == [first.id]


def test_nested_entry_of_unit_of_work_is_rejected(shop: Shop) -> None:
    with shop.unit_of_work() as uow:
        with pytest.raises(RuntimeError, match="open already"):
            uow.__enter__()
        uow.orders.add(order := placed())
        uow.commit()

    assert shop.queries.get(order.id).user_id == ADA.subject


def test_nested_unit_of_work_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders_adapters.memory.unit_of_work.LOCK_TIMEOUT", 0.1)
    shop = in_memory()

    with shop.unit_of_work() as outer, pytest.raises(StoreUnavailable), shop.unit_of_work():
        raise AssertionError("two are open")
    with pytest.raises(RuntimeError):
        outer.commit()

    assert [type(result) for result in at_once(*[lambda: shop.add(placed())] * 4)] == [type(None)] * 4


@pytest.mark.parametrize("number", [2**63 - 1, 2**63, 10**30, -(2**63) - 1, 0, -1])
def test_out_of_range_id_is_not_found(shop: Shop, number: int) -> None:
    with pytest.raises(OrderNotFound) as refusal:
        shop.queries.get(number)
    assert refusal.value.order_id == number
    assert list(shop.queries.history(number)) == []
    for method in (shop.templates.get, shop.templates.delete):
        with pytest.raises(TemplateNotFound):
            method(number)
    with shop.unit_of_work() as uow:
        with pytest.raises(OrderNotFound):
            uow.orders.get_for_update(number)
        with pytest.raises(ProductNotFound):
            uow.products.get_for_update(number)
        with pytest.raises(ProductNotFound):
            uow.stock.restock(number, 1, by=ADA, at=NOON)
        assert uow.products.get_many([number]) == {}


def test_published_events_are_copies(shop: Shop) -> None:
    shop.placed()
    outbox = shop.outbox()

    def change(data: Any) -> None:
        data["user_id"] = "eve"

    change(shop.events()[0].event.data)
    (shard,) = outbox.due_shards(NOON)
    with outbox.claim(shard, now=NOON, limit=9) as claim:
        assert claim is not None
        change(claim.messages[0].event.data)

    assert shop.events()[0].event.data["user_id"] == ADA.subject
