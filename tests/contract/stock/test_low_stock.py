"""Low-stock events: one at the threshold, the next only after a restock above it (clause 002-30)."""

from functools import partial

import pytest

from orders_adapters.testing.threads import at_once
from orders_domain import Order
from orders_domain.errors import InsufficientStock
from orders_domain.model.product import RequestedItem
from orders_domain.model.product_audit import MovementKind
from tests.support.shop import Shop

pytestmark = pytest.mark.clause("002-30")


def test_order_reaching_threshold_publishes_once(
    warehouse: Shop,
) -> None:
    [tea] = warehouse.stocked(10, threshold=5)

    for quantity, expected in ((4, []), (1, [(tea, 5)]), (1, [(tea, 5)]), (4, [(tea, 5)])):
        warehouse.order({tea: quantity})
        assert warehouse.ledger().low() == expected, quantity


def test_order_passing_threshold_publishes_rest(warehouse: Shop) -> None:
    [tea] = warehouse.stocked(10, threshold=5)

    warehouse.order({tea: 9})

    assert warehouse.ledger().low() == [(tea, 1)]


def test_initially_low_stock_is_not_published(warehouse: Shop) -> None:
    at, below = warehouse.stocked(5, 4, threshold=5)

    warehouse.order({at: 1, below: 1})

    assert warehouse.ledger().low() == []


@pytest.mark.parametrize("back", [6, 7])
def test_restock_above_threshold_publishes_again(warehouse: Shop, back: int) -> None:
    [tea] = warehouse.stocked(7, threshold=5)
    warehouse.order({tea: 7})

    warehouse.restock(tea, back)
    warehouse.order({tea: 2})

    assert warehouse.ledger().low() == [(tea, 0), (tea, back - 2)]


def test_restock_to_threshold_does_not_publish(warehouse: Shop) -> None:
    [tea] = warehouse.stocked(7, threshold=5)
    warehouse.order({tea: 7})

    warehouse.restock(tea, 5)
    warehouse.order({tea: 1})

    assert warehouse.ledger().low() == [(tea, 0)]


def test_released_stock_publishes_again(warehouse: Shop) -> None:
    [tea] = warehouse.stocked(7, threshold=5)
    for undo in (warehouse.cancel, warehouse.delete):
        undo(warehouse.order({tea: 2}).id)

    warehouse.order({tea: 2})

    assert warehouse.ledger().low() == [(tea, 5)] * 3


def test_zero_threshold_publishes_last_unit(warehouse: Shop) -> None:
    [tea] = warehouse.stocked(2, threshold=0)

    for expected in ([], [(tea, 0)]):
        warehouse.order({tea: 1})
        assert warehouse.ledger().low() == expected


def test_each_product_publishes_its_own_event(warehouse: Shop) -> None:
    tea, milk, sugar = warehouse.stocked(6, 6, 60, threshold=5)

    order = warehouse.order({sugar: 1, milk: 1, tea: 2})

    low = [event for event in warehouse.ledger().published if event.type == "orders.stock_low.v1"]
    assert [(event.product, event.left) for event in low] == [(tea, 4), (milk, 5)]
    assert {(event.order, event.version) for event in low} == {(str(order.id), 1)}


def test_repeated_product_publishes_one_event(warehouse: Shop) -> None:
    [tea] = warehouse.stocked(10, threshold=5)

    warehouse.order([RequestedItem(product_id=tea, quantity=3), RequestedItem(product_id=tea, quantity=3)])

    assert warehouse.ledger().low() == [(tea, 4)]


def test_rejected_order_publishes_nothing(warehouse: Shop) -> None:
    tea, milk = warehouse.stocked(6, 0, threshold=5)

    with pytest.raises(InsufficientStock):
        warehouse.order({tea: 1, milk: 1})

    assert warehouse.ledger().published == ()


def test_concurrent_orders_publish_each_crossing_once(warehouse: Shop) -> None:
    tea, milk = warehouse.stocked(30, 30, threshold=9)
    for _ in range(3):
        before = len(warehouse.ledger().low())

        results = at_once(*[partial(warehouse.order, {tea: 1, milk: 1})] * 30)

        assert [result for result in results if not isinstance(result, Order)] == []
        assert sorted(warehouse.ledger().low()[before:]) == [(tea, 9), (milk, 9)]
        warehouse.restock(tea, 30)
        warehouse.restock(milk, 30)


def test_event_has_stock_during_restocks(warehouse: Shop) -> None:
    [tea] = warehouse.stocked(20, threshold=10)

    at_once(*[partial(warehouse.order, {tea: 3})] * 12, *[partial(warehouse.restock, tea, 4)] * 8)

    ledger = warehouse.ledger()
    ledger.require_agreement()
    left, crossings = 0, []
    for movement in ledger.movements:
        before, left = left, left + movement.quantity
        crossings += [(tea, left)] if movement.kind is MovementKind.DEDUCTED and left <= 10 < before else []
    assert sorted(ledger.low()) == sorted(crossings)
