"""Rush of buyers on the last units: no unit is sold twice, and no buyer sees an internal error."""

import random
import time
from collections import Counter
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import cast

import pytest

from orders_adapters.testing.examples import ADMIN
from orders_adapters.testing.threads import at_once
from orders_domain import Actor, Order, OrderStatus
from orders_domain.errors import InsufficientStock, OrderNotFound, OrdersError, Shortage
from orders_domain.model.access import OWNER_OR_ADMIN
from orders_domain.model.product import ProductId
from orders_domain.model.status import InvalidTransition
from tests.support.depth import effort
from tests.support.shop import Shop

BUYERS = [Actor(subject=f"buyer-{number}") for number in range(200)]
RUSH_SECONDS = effort(1, 30)  # seconds of the rush on PostgreSQL
ROUNDS = effort(2, 20)
SECONDS = effort(0.5, 2.0)
ACTIONS = {"ordered", "short", "canceled", "deleted", "restocked", "adjusted"}


def by_outcome(results: object) -> tuple[list[Order], list[InsufficientStock], list[object]]:
    """Orders, rejections for insufficient stock, and all other outcomes."""
    assert isinstance(results, list)
    orders = [result for result in results if isinstance(result, Order)]
    refusals = [result for result in results if isinstance(result, InsufficientStock)]
    return orders, refusals, [result for result in results if not isinstance(result, Order | InsufficientStock)]


def rush(
    warehouse: Shop, buyers: list[Actor], quantities: dict[ProductId, int]
) -> tuple[list[Order], list[InsufficientStock]]:
    """All buyers order the same at the same moment; every outcome must be an order or a shortage."""
    results = at_once(*(partial(warehouse.order, quantities, by=buyer) for buyer in buyers))
    orders, refusals, others = by_outcome(results)
    assert others == []
    return orders, refusals


@pytest.mark.clause("002-01", "002-02", "002-03", "002-27")
def test_last_unit_is_sold_to_one_of_200_buyers(
    on_postgresql: Shop,
) -> None:
    for _ in range(ROUNDS):
        last = on_postgresql.add(stock=1)

        orders, refusals = rush(on_postgresql, BUYERS, {last.id: 1})

        assert len(orders) == 1
        short = Shortage(product_id=last.id, name=last.name, requested=1, available=0)
        assert Counter(refusal.shortages for refusal in refusals) == {(short,): 199}
    on_postgresql.ledger().require_agreement()


@pytest.mark.clause("002-27")
def test_last_unit_is_sold_once_on_every_store(warehouse: Shop) -> None:
    for _ in range(3):
        [last] = warehouse.stocked(1)

        orders, refusals = rush(warehouse, BUYERS[:30], {last: 1})

        assert (len(orders), len(refusals)) == (1, 29)
        assert warehouse.ledger().stock[last] == 0
    warehouse.ledger().require_agreement()


@pytest.mark.clause("002-27")
def test_concurrent_buyers_get_all_available_units(warehouse: Shop) -> None:
    [tea] = warehouse.stocked(17)

    orders, refusals = rush(warehouse, BUYERS[:30], {tea: 2})

    assert (len(orders), len(refusals)) == (8, 22)
    assert warehouse.ledger().stock[tea] == 1
    warehouse.ledger().require_agreement()


@pytest.mark.clause("002-01", "002-03", "002-27")
def test_shortage_deducts_no_other_product(warehouse: Shop) -> None:
    plenty, scarce, more = warehouse.stocked(100, 3, 100)

    orders, refusals = rush(warehouse, BUYERS[:20], {more: 1, scarce: 1, plenty: 1})

    assert len(orders) == 3
    assert {[shortage.product_id for shortage in refusal.shortages] == [scarce] for refusal in refusals} == {True}
    assert warehouse.ledger().stock == {plenty: 97, scarce: 0, more: 97}
    warehouse.ledger().require_agreement()


@pytest.mark.clause("002-27")
def test_rush_on_ten_products_does_not_deadlock(on_postgresql: Shop) -> None:
    shoppers = rush_on_ten(on_postgresql, threads=64, seconds=RUSH_SECONDS, until=ACTIONS)

    assert shoppers.total() > 64
    assert shoppers.keys() <= {*ACTIONS, "gone"}
    assert shoppers.keys() >= ACTIONS
    on_postgresql.ledger().require_agreement()


@pytest.mark.clause("002-27")
def test_short_rush_preserves_stock_on_every_store(warehouse: Shop) -> None:
    shoppers = rush_on_ten(warehouse, threads=8, seconds=SECONDS, until={"ordered"})

    assert shoppers.keys() <= {*ACTIONS, "gone"}
    assert shoppers["ordered"] > 0
    warehouse.ledger().require_agreement()


def rush_on_ten(warehouse: Shop, *, threads: int, seconds: float, until: Collection[str]) -> Counter[str]:
    """Order 5 of 10 products in random sequence, cancel, restock and adjust some; return the count of outcomes.

    A slow machine goes on until it has seen the outcomes of ``until``, for another minute at most.
    """
    products = warehouse.stocked(*[40] * 10, threshold=5)
    end = time.monotonic() + seconds
    seen: set[str] = set()

    def shop_until_end(chance: random.Random) -> Counter[str]:
        outcomes: Counter[str] = Counter()
        mine: list[Order] = []
        while time.monotonic() < end + (0 if seen.issuperset(until) else 60):
            outcomes[shop(warehouse, products, mine, chance)] += 1
            seen.update(outcomes)
        return outcomes

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(shop_until_end, map(random.Random, range(threads))), Counter())


def shop(warehouse: Shop, products: list[ProductId], mine: list[Order], chance: random.Random) -> str:
    """Perform a random action; return its outcome, or the name of an error that no buyer should see."""
    try:
        choice = chance.random()
        if choice < 0.70 or not mine:
            basket = {product: chance.randint(1, 3) for product in chance.sample(products, 5)}
            mine.append(warehouse.order(basket))
            return "ordered"
        if choice < 0.80:
            warehouse.cancel(chance.choice(mine).id)
            return "canceled"
        if choice < 0.90:
            warehouse.delete(mine.pop(chance.randrange(len(mine))).id)
            return "deleted"
        if choice < 0.95:
            warehouse.restock(chance.choice(products), chance.randint(1, 10))
            return "restocked"
        warehouse.adjust(chance.choice(products), chance.randint(0, 60))
    except InsufficientStock:
        return "short"
    except OrdersError as error:
        return "gone" if error.code in {"order_not_found", "deletion_not_allowed"} else repr(error)
    return "adjusted"


@pytest.mark.clause("002-13", "002-27")
@pytest.mark.parametrize("undo", [Shop.cancel, Shop.delete], ids=["cancelling", "deleting"])
def test_concurrent_undo_releases_stock_once(warehouse: Shop, undo: Callable[..., object]) -> None:
    tea, milk = warehouse.stocked(10, 10)
    order = warehouse.order({tea: 4, milk: 10})

    results = at_once(*[partial(undo, warehouse, order.id)] * 16)

    assert all(not isinstance(result, OrdersError) or isinstance(result, OrderNotFound) for result in results)
    assert warehouse.ledger().stock == {tea: 10, milk: 10}
    warehouse.ledger().require_agreement()


@pytest.mark.clause("002-13", "002-27")
def test_concurrent_cancel_delete_ship_is_consistent(warehouse: Shop) -> None:
    for _ in range(5):
        [tea] = warehouse.stocked(10)
        order = warehouse.order({tea: 3})
        ship = partial(warehouse.change, order.id, OrderStatus.SHIPPED, by=ADMIN, access=OWNER_OR_ADMIN)

        cancel, delete = partial(warehouse.cancel, order.id), partial(warehouse.delete, order.id)
        results = at_once(*cast("list[Callable[[], object]]", [cancel, delete, ship] * 4))

        errors = {type(result).__name__ for result in results if isinstance(result, OrdersError)}
        assert errors <= {InvalidTransition.__name__, OrderNotFound.__name__, "DeletionNotAllowed"}
        warehouse.ledger().require_agreement()


@pytest.mark.clause("002-27")
def test_concurrent_renames_fail_no_order(on_postgresql: Shop) -> None:
    products = on_postgresql.stocked(*[10_000] * 3)
    end = time.monotonic() + SECONDS

    def rename(number: int) -> Counter[str]:
        seen: Counter[str] = Counter()
        while time.monotonic() < end:
            product = products[seen.total() % 3]
            try:
                on_postgresql.adjust(product, sku=f"renamed-{number}-{seen.total()}-{product}")
                seen["renamed"] += 1
            except OrdersError as error:
                seen[repr(error)] += 1
        return seen

    def buy(seed: int) -> Counter[str]:
        chance, seen = random.Random(seed), Counter[str]()
        while time.monotonic() < end:
            try:
                on_postgresql.order(dict.fromkeys(chance.sample(products, 3), 1))
                seen["ordered"] += 1
            except OrdersError as error:
                seen[repr(error)] += 1
        return seen

    with ThreadPoolExecutor(11) as pool:
        tasks = [pool.submit(rename, 0), *(pool.submit(buy, seed) for seed in range(10))]
        seen: Counter[str] = sum((task.result() for task in tasks), Counter())

    assert seen.keys() == {"renamed", "ordered"}, seen
    on_postgresql.ledger().require_agreement()
