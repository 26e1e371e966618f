"""Direct placement: it leaves the rows of a unit of work, or nothing, and shares the last units with it."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from orders_adapters.sql import tables
from orders_adapters.sql.direct_placement import SqlDirectPlacement
from orders_adapters.testing.examples import ADA, Clock, new_id
from orders_domain import Actor, IdempotencyKey, Order, Origin, use_cases
from orders_domain.errors import IdempotencyKeyReused, InsufficientStock, RequestInProgress
from orders_domain.model import pricing
from orders_domain.model.idempotency import DuplicateRequest
from orders_domain.model.product import Product, ProductId, RequestedItem
from orders_domain.ports.direct_placement import DirectPlacement
from tests.support.shop import HOME, DatabaseShop, Shop
from tests.support.stores import empty

KEY = IdempotencyKey(subject="ada", scope="management", key="k-1", fingerprint="f" * 64)


@pytest.fixture
def direct(server_engine: Engine) -> SqlDirectPlacement:
    empty(server_engine)
    return SqlDirectPlacement(server_engine, on_commit=lambda: None)


@pytest.fixture
def shop(direct: SqlDirectPlacement, server_engine: Engine) -> Shop:
    """An emptied shop in which ada has ordered before."""
    shop = DatabaseShop(engine=server_engine)
    shop.order({shop.stocked(100)[0]: 1})
    return shop


def place(
    shop: Shop,
    products: Mapping[ProductId, int],
    *,
    direct: DirectPlacement | None,
    key: IdempotencyKey | None = KEY,
    by: Actor = ADA,
) -> Order:
    request = use_cases.PlaceCatalogOrder(
        actor=by,
        requested_items=tuple(RequestedItem(product_id=each, quantity=number) for each, number in products.items()),
        address=HOME,
        idempotency_key=key,
    )
    return use_cases.place_catalog_order(request, uow=shop.unit_of_work(), clock=Clock(), new_id=ids(), direct=direct)


def ids() -> Callable[[], Any]:
    given = new_id()
    return lambda: given


def contents(engine: Engine) -> dict[str, list[str]]:
    with engine.connect() as connection:
        return {
            name: sorted(connection.scalars(text(f"SELECT t::text FROM {name} t")))
            for name in tables.metadata.tables.keys() - {"product_history"}  # no placement changes it
        }


@pytest.mark.parametrize("key", [KEY, None])
def test_both_ways_leave_the_same_rows(
    direct: SqlDirectPlacement, server_engine: Engine, monkeypatch: pytest.MonkeyPatch, key: IdempotencyKey | None
) -> None:
    given = new_id()
    monkeypatch.setattr("tests.contract.stock.test_direct_placement.new_id", lambda: given)

    def rows(way: DirectPlacement | None) -> tuple[Order, dict[str, list[str]]]:
        empty(server_engine)
        shop = DatabaseShop(engine=server_engine)
        with server_engine.begin() as connection:  # dated, so that both runs have equal rows
            connection.execute(text("INSERT INTO users (id, created_at) VALUES ('ada', '2026-01-01')"))
        products = [shop.add(stock=stock, sku=f"SKU-{stock}").id for stock in (10, 20, 30)]
        with server_engine.begin() as connection:
            for name, column in (("products", "created_at"), ("stock_movements", "at")):
                connection.execute(text(f"UPDATE {name} SET {column} = '2026-01-01'"))
        order = place(shop, {products[2]: 2, products[0]: 1, products[1]: 3}, direct=way, key=key)
        with server_engine.begin() as connection:
            connection.execute(text("UPDATE order_history SET position = 1"))  # which is the id of the transaction
        return order, contents(server_engine)

    (first, rows_of_direct), (second, rows_of_unit) = rows(direct), rows(None)

    assert first == second
    assert (first.number, first.new_entries) == (second.number, [])
    assert rows_of_direct == rows_of_unit


def test_usual_order_uses_two_statements(direct: SqlDirectPlacement, shop: Shop, server_engine: Engine) -> None:
    product, other = shop.stocked(100, 50)
    sent: list[str] = []
    event.listen(server_engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))

    place(shop, {product: 1, other: 2}, direct=direct)

    assert len(sent) == 2, sent


def test_last_units_of_a_low_product_use_two_statements(
    direct: SqlDirectPlacement, shop: Shop, server_engine: Engine
) -> None:
    (product,) = shop.stocked(3, threshold=5)
    sent: list[str] = []
    event.listen(server_engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))

    place(shop, {product: 3}, direct=direct)

    assert len(sent) == 2, sent


def one_of_each(products: Mapping[ProductId, Product]) -> Order:
    lines = pricing.build_lines(dict.fromkeys(products, 1), products)
    return Order.place(
        order_id=new_id(),
        origin=Origin.MANAGEMENT,
        lines=lines,
        total=pricing.total_of(lines),
        address=HOME,
        by=ADA,
        at=Clock()(),
    )


def refused(
    direct: DirectPlacement, shop: Shop, engine: Engine, quantities: Mapping[ProductId, int], **options: Any
) -> None:
    """Assert that the placement returns None and changes no row."""
    before = contents(engine)
    outcome: list[Order | None] = []

    class Spy(DirectPlacement):
        def place(self, *arguments: Any, **others: Any) -> Order | None:
            outcome.append(direct.place(*arguments, **others))
            assert contents(engine) == before
            raise AbortedError

    with pytest.raises(AbortedError):
        place(shop, quantities, direct=Spy(), **options)
    assert outcome == [None]


class AbortedError(Exception):
    """Ends the use case after the direct placement."""


def test_unusual_orders_change_nothing(direct: SqlDirectPlacement, shop: Shop, server_engine: Engine) -> None:
    few, many = shop.stocked(3, 100, threshold=2)

    for quantities, options in (
        ({few: 4, many: 1}, {}),  # insufficient stock
        ({many: 1, 10**6: 1}, {}),  # unknown product
        ({many: 1, few: 1}, {}),  # the stock reaches its threshold
        ({many: 1}, {"by": Actor(subject="new")}),  # the user is new
        ({2**63: 1}, {}),  # no id of a column
    ):
        refused(direct, shop, server_engine, quantities, **options)


@pytest.mark.parametrize(
    "change",
    ["price_minor = price_minor + 1", "currency = 'EUR'", "stock_quantity = 0", "external = true", "id = id + 999"],
)
def test_changed_product_is_decided_by_the_unit_of_work(
    direct: SqlDirectPlacement, shop: Shop, server_engine: Engine, change: str
) -> None:
    product = shop.add(stock=5).id
    before: list[dict[str, list[str]]] = []

    def build(products: Mapping[ProductId, Product]) -> Order:
        order = one_of_each(products)
        with server_engine.begin() as connection:
            if change.startswith("id"):
                for table in ("stock_movements", "product_history"):
                    connection.execute(text(f"DELETE FROM {table} WHERE product_id = :id"), {"id": product})
            connection.execute(text(f"UPDATE products SET {change} WHERE id = :id"), {"id": product})
        before.append(contents(server_engine))
        return order

    assert direct.place(build, product_ids=[product], idempotency_key=KEY, at=Clock()()) is None
    assert before == [contents(server_engine)]


def test_repeated_key_returns_the_first_order(direct: SqlDirectPlacement, shop: Shop) -> None:
    product = shop.add(stock=50).id
    first = place(shop, {product: 1}, direct=direct)

    with pytest.raises(DuplicateRequest) as repeated:
        place(shop, {product: 1}, direct=direct)
    with pytest.raises(IdempotencyKeyReused):
        place(shop, {product: 1}, direct=direct, key=replace(KEY, fingerprint="0" * 64))

    assert repeated.value.order == first
    assert shop.catalog.get(product).stock == 49


def test_both_ways_share_the_last_units_once(direct: SqlDirectPlacement, shop: Shop) -> None:
    first, second = shop.stocked(40, 40)
    ways = [direct if number % 2 else None for number in range(60)]

    def buy(number: int) -> bool:
        pair = {first: 1, second: 1} if number % 3 else {second: 1, first: 1}
        try:
            return bool(place(shop, pair, direct=ways[number], key=replace(KEY, key=str(number))))
        except InsufficientStock:
            return False

    with ThreadPoolExecutor(10) as buyers:
        bought = sum(buyers.map(buy, range(60)))

    assert bought == 40
    assert [shop.catalog.get(product).stock for product in (first, second)] == [0, 0]
    shop.ledger().require_agreement()


def test_concurrent_repeats_place_one_order(direct: SqlDirectPlacement, shop: Shop) -> None:
    product = shop.add(stock=100).id

    def send(number: int) -> Order | None:
        try:
            return place(shop, {product: 1}, direct=direct if number % 3 else None)
        except DuplicateRequest as duplicate:
            return duplicate.order
        except RequestInProgress:
            return None

    with ThreadPoolExecutor(10) as senders:
        orders = list(senders.map(send, range(30)))

    assert len({order.id for order in orders if order}) == 1
    assert shop.catalog.get(product).stock == 99
