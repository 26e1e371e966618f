"""Contract of ProductRepository: products are stored unchanged, each SKU once, and stock changes are recorded."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from orders_adapters.testing.catalog.inventory import PRICE, Inventory
from orders_adapters.testing.examples import ADMIN, NOON
from orders_adapters.testing.stores import StockMovement, StoreHarness
from orders_adapters.testing.threads import at_once
from orders_domain import Money
from orders_domain.errors import (
    OrdersError,
    ProductNotFound,
    SkuTaken,
    StoreContention,
)
from orders_domain.model.product import NewProduct, Product
from orders_domain.model.product_audit import MovementKind

UNKNOWN_ID = 2**62


def new_tea(number: int, *, stock: int = 5) -> NewProduct:
    return NewProduct(sku=f"TEA-{number}", name=f"Tea {number}", price=Money(100, "USD"), stock=stock)


def add_many(store: StoreHarness, *products: NewProduct) -> None:
    with store.unit_of_work() as uow:
        uow.products.add_many(products, by=ADMIN, at=NOON)
        uow.commit()


def stored_products(store: StoreHarness, *skus: str) -> list[Product]:
    with store.unit_of_work() as uow:
        return list(uow.products.get_by_sku_for_update(skus).values())


class ProductRepositoryTests:
    """Promises of ``ProductRepository``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    @pytest.fixture
    def inventory(self, store: StoreHarness) -> Inventory:
        return Inventory(store)

    def test_new_product_is_stored_with_ledger_entry(self, inventory: Inventory) -> None:
        name = 'Té 🍵 "<b>"; DROP TABLE products; --'
        new = NewProduct(sku="' OR 1=1 --", name=name, price=Money(10**12, "JPY"), stock=7, low_stock_threshold=0)

        with inventory.store.unit_of_work() as uow:
            added = uow.products.add(new, by=ADMIN, at=NOON)
            uow.commit()

        expected = Product(id=added.id, sku=new.sku, name=name, price=new.price, stock=7, low_stock_threshold=0)
        assert added == inventory.get(added.id) == expected
        with inventory.store.unit_of_work() as uow:
            assert uow.products.get_many([added.id]) == {added.id: expected}
            assert uow.products.get_for_update(added.id) == expected
        assert inventory.ledger().movements == (
            StockMovement(product_id=added.id, kind=MovementKind.INITIAL, quantity=7),
        )

    def test_get_many_returns_existing_products(self, inventory: Inventory) -> None:
        tea, milk, _ = inventory.stocked(1, 2, 3)

        with inventory.store.unit_of_work() as uow:
            assert uow.products.get_many([milk, tea, UNKNOWN_ID, -1, 0]).keys() == {tea, milk}
            assert uow.products.get_many([]) == {}

    def test_unknown_product_raises_not_found(self, inventory: Inventory) -> None:
        asks: tuple[Callable[[int], object], ...] = (
            inventory.get,
            partial(inventory.restock, quantity=1),
            partial(inventory.adjust, stock=1),
        )
        for ask in asks:
            with pytest.raises(ProductNotFound) as refusal:
                ask(UNKNOWN_ID)
            assert refusal.value.product_id == UNKNOWN_ID

    def test_stock_change_records_the_difference(self, inventory: Inventory) -> None:
        [tea] = inventory.stocked(10)

        inventory.adjust(tea, stock=4)
        inventory.adjust(tea, name="Tea", sku="TEA", price=Money(350, "USD"), low_stock_threshold=9)
        inventory.adjust(tea, stock=11)

        assert [(move.kind, move.quantity) for move in inventory.ledger().movements[1:]] == [
            (MovementKind.ADJUSTED, -6),
            (MovementKind.ADJUSTED, 7),
        ]
        expected = Product(
            id=tea, sku="TEA", name="Tea", price=Money(350, "USD"), stock=11, low_stock_threshold=9, version=4
        )
        assert inventory.get(tea) == expected

    def test_every_change_raises_the_version(self, inventory: Inventory) -> None:
        [tea] = inventory.stocked(10)
        seen = [inventory.get(tea).version]

        order = inventory.order({tea: 3})
        seen.append(inventory.get(tea).version)
        inventory.cancel(order.id)
        seen.append(inventory.get(tea).version)
        inventory.adjust(tea, stock=10, name="Tea")
        seen.append(inventory.get(tea).version)
        with inventory.store.unit_of_work() as uow:
            stocked = uow.stock.restock(tea, 5, by=ADMIN, at=NOON)
            uow.commit()
        seen.append(stocked.version)
        with inventory.store.unit_of_work() as uow:
            same = uow.products.save(uow.products.get_for_update(tea), by=ADMIN, at=NOON)
            uow.commit()

        assert seen == [1, 2, 3, 4, 5]
        assert same == stocked == inventory.get(tea)

    def test_duplicate_sku_is_rejected(self, inventory: Inventory) -> None:
        tea, milk = inventory.add(stock=1, sku="TEA"), inventory.add(stock=1, sku="MILK")

        for take in (partial(inventory.add, stock=5), partial(inventory.adjust, milk.id, stock=9)):
            with pytest.raises(SkuTaken) as refusal:
                take(sku="TEA")
            assert refusal.value.sku == "TEA"

        assert inventory.adjust(tea.id, sku="TEA").sku == "TEA"  # the product's own SKU
        assert inventory.all() == (tea, milk)
        inventory.ledger().require_agreement()

    def test_concurrent_adds_of_sku_succeed_once(self, inventory: Inventory) -> None:
        results = at_once(*[partial(inventory.add, stock=1, sku="TEA")] * 20)

        assert sum(isinstance(result, SkuTaken) for result in results) == 19
        assert len(inventory.all()) == 1
        inventory.ledger().require_agreement()

    def test_concurrent_stock_changes_are_all_recorded(self, inventory: Inventory) -> None:
        [tea] = inventory.stocked(100)

        results = at_once(*(partial(inventory.adjust, tea, stock=stock) for stock in range(20)))

        assert not any(isinstance(result, OrdersError) for result in results)
        assert len(inventory.ledger().movements) == 21
        inventory.ledger().require_agreement()

    def test_rollback_leaves_product_unchanged(self, inventory: Inventory) -> None:
        [tea] = inventory.stocked(10)
        before = inventory.ledger()

        with inventory.store.unit_of_work() as uow:
            product = uow.products.get_for_update(tea)
            uow.products.save(replace(product, stock=3, name="Milk"), by=ADMIN, at=NOON)
            uow.products.add(NewProduct(sku="NEW", name="New", price=PRICE, stock=1), by=ADMIN, at=NOON)
            uow.stock.restock(tea, 5, by=ADMIN, at=NOON)

        assert inventory.ledger() == before
        assert len(inventory.all()) == 1

    def test_add_many_stores_products_and_stock(self, store: StoreHarness) -> None:
        add_many(store, new_tea(1), new_tea(2, stock=0), new_tea(3, stock=10**12))

        products = stored_products(store, "TEA-3", "TEA-1", "TEA-2", "TEA-9")

        assert sorted((product.sku, product.name, product.stock) for product in products) == [
            ("TEA-1", "Tea 1", 5),
            ("TEA-2", "Tea 2", 0),
            ("TEA-3", "Tea 3", 10**12),
        ]

    def test_save_many_leaves_other_products(self, store: StoreHarness) -> None:
        add_many(store, new_tea(1), new_tea(2), new_tea(3))
        first, second, _ = sorted(stored_products(store, "TEA-1", "TEA-2", "TEA-3"), key=lambda product: product.sku)
        changed = [
            replace(first, stock=9, name="Black"),
            replace(second, price=Money(120, "EUR"), low_stock_threshold=0),
        ]

        with store.unit_of_work() as uow:
            uow.products.get_by_sku_for_update(["TEA-1", "TEA-2"])
            uow.products.save_many(changed, by=ADMIN, at=NOON)
            uow.commit()

        assert sorted(stored_products(store, "TEA-1", "TEA-2"), key=lambda product: product.sku) == [
            replace(product, version=2) for product in changed
        ]
        (other,) = stored_products(store, "TEA-3")
        assert (other.name, other.version) == ("Tea 3", 1)

    def test_rollback_stores_no_products(self, store: StoreHarness) -> None:
        add_many(store, new_tea(1))

        with store.unit_of_work() as uow:
            held = uow.products.get_by_sku_for_update(["TEA-1"])
            uow.products.save_many([replace(held["TEA-1"], stock=9)], by=ADMIN, at=NOON)
            uow.products.add_many([new_tea(2)], by=ADMIN, at=NOON)

        assert [product.stock for product in stored_products(store, "TEA-1", "TEA-2")] == [5]

    def test_empty_product_batch_is_accepted(self, store: StoreHarness) -> None:
        with store.unit_of_work() as uow:
            assert uow.products.get_by_sku_for_update([]) == {}
            uow.products.save_many([], by=ADMIN, at=NOON)
            uow.products.add_many([], by=ADMIN, at=NOON)
            uow.commit()

    def test_duplicate_sku_is_contention_and_rolls_back(self, store: StoreHarness) -> None:
        add_many(store, new_tea(1))

        with store.unit_of_work() as uow, pytest.raises(StoreContention):
            uow.products.add_many([new_tea(2), new_tea(1)], by=ADMIN, at=NOON)

        assert stored_products(store, "TEA-2") == []
