"""Contract of ProductRepository, Stock and ProductCatalog: stock is deducted and released once, never below zero."""

from collections.abc import Callable
from concurrent.futures import wait
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from orders_adapters.testing.examples import ADA, ADMIN, NOON, new_id, only
from orders_adapters.testing.threads import at_once, other_thread, require_waiting
from orders_domain import Money, Order, OrderStatus, Origin
from orders_domain.errors import (
    InsufficientStock,
    InvalidValue,
    OrdersError,
    ProductNotFound,
    Shortage,
    SkuTaken,
    VersionMismatch,
)
from orders_domain.model.product import MAX_STOCK, NewProduct, OrderLine, Product
from orders_domain.model.product_filter import ProductFilter
from orders_domain.use_cases import RestockProduct, UpdateProduct, restock_product, update_product
from tests.contract.stock.ledger import Move
from tests.contract.stock.stock_store import PRICE, Warehouse, in_database, in_memory

NOBODY_S = 2**62


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    """An empty store on every adapter."""
    return in_memory() if request.param == "memory" else in_database(request.getfixturevalue(request.param))


def of(**quantities: int) -> Order:
    """An order that is not stored yet, with quantities by product: ``of(p1=3)``."""
    lines = [
        OrderLine(product_id=int(name[1:]), quantity=quantity, unit_price=PRICE)
        for name, quantity in quantities.items()
    ]
    total = Money(sum(line.subtotal.minor for line in lines), "USD")
    return Order.place(order_id=new_id(), origin=Origin.ORDERS, lines=lines, total=total, by=ADA, at=NOON)


def deduct(warehouse: Warehouse, order: Order) -> list[Product]:
    """Store the order and deduct its quantities, without a check of the stock beforehand."""
    with warehouse.unit_of_work() as uow:
        uow.orders.add(order)
        low = list(uow.stock.deduct(order, by=ADA, at=NOON))
        uow.commit()
    return low


def release(warehouse: Warehouse, order: Order) -> None:
    with warehouse.unit_of_work() as uow:
        uow.stock.release(order, by=ADA, at=NOON)
        uow.commit()


def renamed(warehouse: Warehouse, product_id: int) -> None:
    """Change the product's SKU, without a retry."""
    with warehouse.unit_of_work() as uow:
        uow.products.save(replace(uow.products.get_for_update(product_id), sku="RENAMED"), by=ADMIN, at=NOON)
        uow.commit()


class TestProducts:
    def test_new_product_is_stored_with_ledger_entry(self, warehouse: Warehouse) -> None:
        name = 'Té 🍵 "<b>"; DROP TABLE products; --'
        new = NewProduct(sku="' OR 1=1 --", name=name, price=Money(10**12, "JPY"), stock=7, low_stock_threshold=0)

        with warehouse.unit_of_work() as uow:
            added = uow.products.add(new, by=ADMIN, at=NOON)
            uow.commit()

        expected = Product(id=1, sku=new.sku, name=name, price=new.price, stock=7, low_stock_threshold=0)
        assert added == warehouse.catalogue.get(1) == expected
        with warehouse.unit_of_work() as uow:
            assert uow.products.get_many([1]) == {1: expected}
            assert uow.products.get_for_update(1) == expected
        assert warehouse.ledger().moves == (Move(1, "initial", 7, None),)

    def test_get_many_returns_existing_products(self, warehouse: Warehouse) -> None:
        tea, milk, _ = warehouse.stocked(1, 2, 3)

        with warehouse.unit_of_work() as uow:
            assert uow.products.get_many([milk, tea, NOBODY_S, -1, 0]).keys() == {tea, milk}
            assert uow.products.get_many([]) == {}

    def test_unknown_product_raises_not_found(self, warehouse: Warehouse) -> None:
        asks: tuple[Callable[[int], object], ...] = (
            warehouse.catalogue.get,
            partial(warehouse.restock, quantity=1),
            partial(warehouse.adjust, stock=1),
        )
        for ask in asks:
            with pytest.raises(ProductNotFound) as refusal:
                ask(NOBODY_S)
            assert refusal.value.product_id == NOBODY_S

    def test_stock_change_records_the_difference(self, warehouse: Warehouse) -> None:
        [tea] = warehouse.stocked(10)

        warehouse.adjust(tea, 4)
        warehouse.adjust(tea, 4, name="Tea", sku="TEA", price=3.5, threshold=9)
        warehouse.adjust(tea, 11)

        assert [(move.kind, move.quantity) for move in warehouse.ledger().moves[1:]] == [
            ("adjusted", -6),
            ("adjusted", 7),
        ]
        expected = Product(
            id=tea, sku="TEA", name="Tea", price=Money(350, "USD"), stock=11, low_stock_threshold=9, version=4
        )
        assert warehouse.catalogue.get(tea) == expected

    def test_every_change_raises_the_version(self, warehouse: Warehouse) -> None:
        [tea] = warehouse.stocked(10)
        seen = [warehouse.catalogue.get(tea).version]

        order = warehouse.order({tea: 3})
        seen.append(warehouse.catalogue.get(tea).version)
        warehouse.cancel(order.id)
        seen.append(warehouse.catalogue.get(tea).version)
        warehouse.adjust(tea, 10, name="Tea")
        seen.append(warehouse.catalogue.get(tea).version)
        with warehouse.unit_of_work() as uow:
            stocked = uow.stock.restock(tea, 5, by=ADMIN, at=NOON)
            uow.commit()
        seen.append(stocked.version)
        with warehouse.unit_of_work() as uow:
            same = uow.products.save(uow.products.get_for_update(tea), by=ADMIN, at=NOON)
            uow.commit()

        assert seen == [1, 2, 3, 4, 5]
        assert same == stocked == warehouse.catalogue.get(tea)

    def test_stale_version_changes_nothing(self, warehouse: Warehouse) -> None:
        [tea] = warehouse.stocked(10)
        warehouse.order({tea: 3})
        ports: dict[str, Any] = {"uow": warehouse.unit_of_work(), "clock": lambda: NOON}

        with pytest.raises(VersionMismatch):
            update_product(
                UpdateProduct(actor=ADMIN, product_id=tea, stock=15, versions=frozenset({1})),
                **ports,
            )
        with pytest.raises(VersionMismatch):
            restock_product(RestockProduct(actor=ADMIN, product_id=tea, quantity=5, versions=frozenset({1})), **ports)

        assert warehouse.catalogue.get(tea).stock == 7
        warehouse.ledger().require_agreement()

    def test_duplicate_sku_is_rejected(self, warehouse: Warehouse) -> None:
        tea, milk = warehouse.add(stock=1, sku="TEA"), warehouse.add(stock=1, sku="MILK")

        for take in (partial(warehouse.add, stock=5), partial(warehouse.adjust, milk.id, 9)):
            with pytest.raises(SkuTaken) as refusal:
                take(sku="TEA")
            assert refusal.value.sku == "TEA"

        assert warehouse.adjust(tea.id, sku="TEA").sku == "TEA"  # the product's own SKU
        assert warehouse.catalogue.search(ProductFilter()).products == (tea, milk)
        warehouse.ledger().require_agreement()

    def test_concurrent_adds_of_sku_succeed_once(self, warehouse: Warehouse) -> None:
        results = at_once(*[partial(warehouse.add, stock=1, sku="TEA")] * 20)

        assert sum(isinstance(result, SkuTaken) for result in results) == 19
        assert len(warehouse.catalogue.search(ProductFilter()).products) == 1
        warehouse.ledger().require_agreement()

    def test_concurrent_stock_changes_are_all_recorded(self, warehouse: Warehouse) -> None:
        [tea] = warehouse.stocked(100)

        results = at_once(*(partial(warehouse.adjust, tea, stock) for stock in range(20)))

        assert not any(isinstance(result, OrdersError) for result in results)
        assert len(warehouse.ledger().moves) == 21
        warehouse.ledger().require_agreement()

    def test_rollback_leaves_product_unchanged(self, warehouse: Warehouse) -> None:
        [tea] = warehouse.stocked(10)
        before = warehouse.ledger()

        with warehouse.unit_of_work() as uow:
            product = uow.products.get_for_update(tea)
            uow.products.save(replace(product, stock=3, name="Milk"), by=ADMIN, at=NOON)
            uow.products.add(NewProduct(sku="NEW", name="New", price=PRICE, stock=1), by=ADMIN, at=NOON)
            uow.stock.restock(tea, 5, by=ADMIN, at=NOON)

        assert warehouse.ledger() == before
        assert len(warehouse.catalogue.search(ProductFilter()).products) == 1


class TestStock:
    def test_deduction_lowers_stock_and_is_recorded(self, warehouse: Warehouse) -> None:
        tea, milk = warehouse.stocked(10, 5)
        order = of(p1=4, p2=5)

        assert deduct(warehouse, order) == [warehouse.catalogue.get(milk)]

        ledger = warehouse.ledger()
        assert ledger.stock == {tea: 6, milk: 0}
        assert ledger.moves[2:] == (Move(tea, "deducted", -4, str(order.id)), Move(milk, "deducted", -5, str(order.id)))

    def test_shortage_names_products_and_deducts_none(self, warehouse: Warehouse) -> None:
        products = [warehouse.add(stock=stock) for stock in (10, 3, 0)]
        before = warehouse.ledger()

        with pytest.raises(InsufficientStock) as refusal:
            deduct(warehouse, of(p1=10, p2=4, p3=1))

        names = [product.name for product in products]
        assert refusal.value.shortages == (
            Shortage(product_id=2, name=names[1], requested=4, available=3),
            Shortage(product_id=3, name=names[2], requested=1, available=0),
        )
        assert warehouse.ledger() == before

    def test_unknown_product_counts_as_shortage(self, warehouse: Warehouse) -> None:
        warehouse.stocked(10)

        with pytest.raises(InsufficientStock) as refusal:
            warehouse.order({1: 1, NOBODY_S: 2, -7: 3})

        assert refusal.value.shortages == (
            Shortage(product_id=-7, name=None, requested=3, available=0),
            Shortage(product_id=NOBODY_S, name=None, requested=2, available=0),
        )

    def test_stock_is_deducted_and_released_once(self, warehouse: Warehouse) -> None:
        [tea] = warehouse.stocked(10)
        order = of(p1=4)
        deduct(warehouse, order)

        for _ in range(3):
            release(warehouse, order)

        assert warehouse.ledger().stock == {tea: 10}
        assert [move.kind for move in warehouse.ledger().moves] == ["initial", "deducted", "released"]

    def test_undeducted_stock_is_not_released(self, warehouse: Warehouse) -> None:
        [tea] = warehouse.stocked(10)
        order = of(p1=4)
        with warehouse.unit_of_work() as uow:
            uow.orders.add(order)
            uow.commit()

        release(warehouse, order)

        assert warehouse.ledger().stock == {tea: 10}

    def test_order_without_lines_moves_no_stock(self, warehouse: Warehouse) -> None:
        warehouse.stocked(10)
        before = warehouse.ledger()

        with warehouse.unit_of_work() as uow:
            order = replace(of(p1=1), lines=())
            assert not uow.stock.deduct(order, by=ADA, at=NOON)
            uow.stock.release(order, by=ADA, at=NOON)
            uow.commit()

        assert warehouse.ledger() == before

    def test_restock_raises_stock_and_is_recorded(self, warehouse: Warehouse) -> None:
        [tea] = warehouse.stocked(10)

        assert warehouse.restock(tea, 5) == warehouse.catalogue.get(tea)

        assert warehouse.ledger().moves[1:] == (Move(tea, "restocked", 5, None),)
        assert warehouse.ledger().stock == {tea: 15}

    @pytest.mark.parametrize("quantity", [0, -1, MAX_STOCK + 1, 10**30, 1.5, True, "2", None], ids=repr)
    def test_invalid_quantity_is_not_restocked(self, warehouse: Warehouse, quantity: Any) -> None:
        [tea] = warehouse.stocked(10)

        with pytest.raises(InvalidValue):
            warehouse.restock(tea, quantity)

        assert warehouse.ledger().stock == {tea: 10}

    def test_restock_above_maximum_is_rejected(self, warehouse: Warehouse) -> None:
        [tea] = warehouse.stocked(MAX_STOCK)

        with pytest.raises(InvalidValue):
            warehouse.restock(tea, 1)

        assert warehouse.ledger().stock == {tea: MAX_STOCK}

    def test_release_may_exceed_the_maximum(self, warehouse: Warehouse) -> None:
        [tea] = warehouse.stocked(MAX_STOCK)
        order = warehouse.order({tea: 3})
        warehouse.restock(tea, 3)

        warehouse.cancel(order.id)

        assert warehouse.catalogue.get(tea).stock == warehouse.ledger().stock[tea] == MAX_STOCK + 3
        warehouse.order({tea: 3})
        warehouse.ledger().require_agreement()

    def test_deduction_sees_concurrent_restock(self, warehouse: Warehouse) -> None:
        """Regression: the row's old stock is insufficient and the concurrently updated stock is sufficient."""
        [tea] = warehouse.stocked(1)
        order = of(p1=3)

        with other_thread() as thread:
            with warehouse.unit_of_work() as uow:
                uow.stock.restock(tea, 5, by=ADMIN, at=NOON)
                waiting = require_waiting(thread.submit(deduct, warehouse, order))
                uow.commit()
            waiting.result(timeout=5)

        assert warehouse.ledger().stock == {tea: 3}
        warehouse.ledger().require_agreement()

    def test_deduction_sees_concurrent_order(self, warehouse: Warehouse) -> None:
        [tea] = warehouse.stocked(5)
        first = of(p1=3)

        with other_thread() as thread:
            with warehouse.unit_of_work() as uow:
                uow.orders.add(first)
                uow.stock.deduct(first, by=ADA, at=NOON)
                waiting = require_waiting(thread.submit(deduct, warehouse, of(p1=3)))
                uow.commit()
            with pytest.raises(InsufficientStock) as refusal:
                waiting.result(timeout=5)

        assert [(shortage.requested, shortage.available) for shortage in refusal.value.shortages] == [(3, 2)]
        assert warehouse.ledger().stock == {tea: 2}

    def test_deduction_sees_concurrent_rollback(self, warehouse: Warehouse) -> None:
        [tea] = warehouse.stocked(3)
        given_up = of(p1=3)

        with other_thread() as thread:
            with warehouse.unit_of_work() as uow:
                uow.orders.add(given_up)
                uow.stock.deduct(given_up, by=ADA, at=NOON)
                waiting = require_waiting(thread.submit(deduct, warehouse, of(p1=3)))
            waiting.result(timeout=5)

        assert warehouse.ledger().stock == {tea: 0}

    def test_order_and_sku_change_do_not_deadlock(self, warehouse: Warehouse) -> None:
        """Regression: an order that locks a row FOR SHARE first deadlocks with a change of the row's key."""
        [tea] = warehouse.stocked(3)
        order = of(p1=3)

        with other_thread() as thread:
            with warehouse.unit_of_work() as uow:
                uow.orders.add(order)
                renaming = thread.submit(renamed, warehouse, tea)
                wait([renaming], timeout=0.3)
                uow.stock.deduct(order, by=ADA, at=NOON)
                uow.commit()
            renaming.result(timeout=5)

        assert warehouse.catalogue.get(tea).sku == "RENAMED"
        assert warehouse.ledger().stock == {tea: 0}

    def test_products_are_readable_during_deduction(self, warehouse: Warehouse) -> None:
        [tea] = warehouse.stocked(3)
        order = of(p1=3)

        with other_thread() as thread, warehouse.unit_of_work() as uow:
            uow.orders.add(order)
            uow.stock.deduct(order, by=ADA, at=NOON)
            assert thread.submit(warehouse.catalogue.get, tea).result(timeout=2).stock == 3

    def test_order_retains_its_price(self, warehouse: Warehouse) -> None:
        [tea] = warehouse.stocked(10)
        order = warehouse.order({tea: 2})

        warehouse.adjust(tea, price=99.99)

        assert warehouse.queries.get(order.id).total == Money(500, "USD")
        assert warehouse.order({tea: 2}).total == Money(19998, "USD")


class TestProductCatalog:
    def test_products_are_paged_by_id(self, warehouse: Warehouse) -> None:
        ids = warehouse.stocked(*range(7))

        pages = [warehouse.catalogue.search(ProductFilter(offset=skip, limit=3)).products for skip in (0, 3, 6, 9)]

        assert [[product.id for product in page] for page in pages] == [ids[:3], ids[3:6], ids[6:], []]

    def test_page_ends_with_its_last_product(self, warehouse: Warehouse) -> None:
        ids = warehouse.stocked(*range(7))

        pages: list[list[int]] = []
        after = None
        while not pages or after:
            page = warehouse.catalogue.search(ProductFilter(limit=3, after=after))
            pages.append([product.id for product in page.products])
            after = page.next_after

        assert pages == [ids[:3], ids[3:6], ids[6:]]
        assert warehouse.catalogue.search(ProductFilter(limit=7)).next_after is None

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("tea", ["green", "black"]),
            ("TE", ["green", "black"]),
            ("thé", ["green"]),
            ("the vert", ["green"]),
            ("blac te", ["black"]),
            ("ea", []),
            ("te-1", ["green"]),
            ("tea cup", []),
            ("o'brien", ["black"]),
            ("x" * 70, ["long"]),
            ("%", None),
            ("'", None),
            ("", None),
        ],
    )
    def test_text_finds_beginnings_of_words(self, warehouse: Warehouse, text: str, found: list[str] | None) -> None:
        names = {"green": "Green tea / THE\u0301 vert", "black": "Black tea, O'Brien\u2019s", "long": "x" * 100}
        skus = {"green": "TE-1", "black": "B_2", "long": "L%3"}
        ids = {name: warehouse.add(stock=1, sku=skus[name]).id for name in names}
        for name, product_id in ids.items():
            warehouse.adjust(product_id, name=names[name])

        if found is None:
            with pytest.raises(InvalidValue):
                ProductFilter(text=text)
            return
        page = warehouse.catalogue.search(ProductFilter(text=text))

        assert [product.id for product in page.products] == [ids[name] for name in found]

    def test_sku_finds_one_product(self, warehouse: Warehouse) -> None:
        tea, _ = warehouse.add(stock=1, sku="TEA"), warehouse.add(stock=1, sku="TEA-2")

        found = [warehouse.catalogue.search(ProductFilter(sku=sku)).products for sku in ("TEA", "tea", "T%", "")]

        assert found == [(tea,), (), (), ()]

    def test_added_and_changed_products_are_found(self, warehouse: Warehouse) -> None:
        new = NewProduct(sku="B", name="Bowl", price=PRICE, stock=1)
        with warehouse.unit_of_work() as uow:
            uow.products.add_many([new], by=ADMIN, at=NOON)
            uow.commit()
        with warehouse.unit_of_work() as uow:
            (bowl,) = uow.products.get_by_sku_for_update(["B"]).values()
            uow.products.save_many([replace(bowl, name="Plate")], by=ADMIN, at=NOON)
            uow.commit()

        found = [warehouse.catalogue.search(ProductFilter(text=text)).products for text in ("bowl", "plate")]

        assert found == [(), (replace(bowl, name="Plate", version=2),)]

    def test_stock_levels_list_lowest_first(self, warehouse: Warehouse) -> None:
        _, low, empty, at = warehouse.stocked(9, 2, 0, 5, threshold=5)

        levels = warehouse.catalogue.stock_levels()
        fewer = warehouse.catalogue.stock_levels(limit=1)

        assert (levels.total_products, levels.out_of_stock) == (4, 1)
        assert [product.id for product in levels.low_stock] == [empty, low, at]
        assert [product.id for product in fewer.low_stock] == [empty]


class TestSchema:
    @pytest.mark.parametrize(
        "wrong",
        [
            "UPDATE products SET stock_quantity = -1",
            "UPDATE products SET price_minor = -1",
            "UPDATE products SET low_stock_threshold = -1",
            "UPDATE order_items SET quantity = 0",
            "UPDATE order_items SET subtotal_minor = 1",
            "UPDATE order_items SET product_id = 99",
            "UPDATE stock_movements SET order_id = NULL",
            "UPDATE stock_movements SET kind = 'stolen'",
            "DELETE FROM products",
            (
                "INSERT INTO stock_movements (product_id, order_id, kind, quantity, actor, at) "
                "SELECT product_id, order_id, kind, quantity, actor, at FROM stock_movements"
            ),
        ],
    )
    @pytest.mark.clause("002-19")
    def test_schema_rejects_invalid_stock(self, engine: Engine, wrong: str) -> None:
        warehouse = in_database(engine)
        [tea] = warehouse.stocked(10)
        warehouse.order({tea: 1})

        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text(wrong))

    @pytest.mark.clause("002-19")
    def test_order_items_are_stored_with_prices(self, engine: Engine) -> None:
        warehouse = in_database(engine)
        tea, milk = warehouse.stocked(10, 10)
        warehouse.order({milk: 2, tea: 3})

        with engine.connect() as connection:
            columns = "position, product_id, quantity, unit_price_minor, subtotal_minor"
            rows = connection.execute(text(f"SELECT {columns} FROM order_items ORDER BY position")).all()

        assert [tuple(row) for row in rows] == [(0, tea, 3, 250, 750), (1, milk, 2, 250, 500)]


def test_cancellation_releases_stock_on_commit(warehouse: Warehouse) -> None:
    [tea] = warehouse.stocked(10)
    order = warehouse.order({tea: 4})

    with pytest.raises(ValueError, match="a bug"), warehouse.unit_of_work() as uow:  # noqa: PT012
        held = uow.orders.get_for_update(order.id)
        held.change_status(only(OrderStatus.CANCELED), by=ADA, at=NOON)
        uow.orders.save(held)
        uow.stock.release(held, by=ADA, at=NOON)
        raise ValueError("a bug")

    assert warehouse.ledger().stock == {tea: 6}
    warehouse.ledger().require_agreement()
