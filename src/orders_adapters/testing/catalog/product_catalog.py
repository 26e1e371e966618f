"""Contract of ProductCatalog: committed products, by page, by words and by stock."""

from dataclasses import replace

import pytest

from orders_adapters.testing.catalog.inventory import PRICE, Inventory
from orders_adapters.testing.examples import ADMIN, NOON
from orders_adapters.testing.stores import StoreHarness
from orders_domain.errors import (
    InvalidValue,
    ProductNotFound,
)
from orders_domain.model.product import NewProduct
from orders_domain.model.product_filter import ProductFilter
from orders_domain.model.stock_filter import StockFilter, StockRange


class ProductCatalogTests:
    """Promises of ``ProductCatalog``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    @pytest.fixture
    def inventory(self, store: StoreHarness) -> Inventory:
        return Inventory(store)

    def test_products_are_paged_by_id(self, inventory: Inventory) -> None:
        ids = inventory.stocked(*range(7))

        pages = [inventory.store.catalog.search(ProductFilter(offset=skip, limit=3)).products for skip in (0, 3, 6, 9)]

        assert [[product.id for product in page] for page in pages] == [ids[:3], ids[3:6], ids[6:], []]

    def test_page_ends_with_its_last_product(self, inventory: Inventory) -> None:
        ids = inventory.stocked(*range(7))

        pages: list[list[int]] = []
        after = None
        while not pages or after:
            page = inventory.store.catalog.search(ProductFilter(limit=3, after=after))
            pages.append([product.id for product in page.products])
            after = page.next_after

        assert pages == [ids[:3], ids[3:6], ids[6:]]
        assert inventory.store.catalog.search(ProductFilter(limit=7)).next_after is None

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
    def test_text_finds_beginnings_of_words(self, inventory: Inventory, text: str, found: list[str] | None) -> None:
        names = {"green": "Green tea / THE\u0301 vert", "black": "Black tea, O'Brien\u2019s", "long": "x" * 100}
        skus = {"green": "TE-1", "black": "B_2", "long": "L%3"}
        ids = {name: inventory.add(stock=1, sku=skus[name]).id for name in names}
        for name, product_id in ids.items():
            inventory.adjust(product_id, name=names[name])

        if found is None:
            with pytest.raises(InvalidValue):
                ProductFilter(text=text)
            return
        page = inventory.store.catalog.search(ProductFilter(text=text))

        assert [product.id for product in page.products] == [ids[name] for name in found]

    def test_sku_finds_one_product(self, inventory: Inventory) -> None:
        tea, _ = inventory.add(stock=1, sku="TEA"), inventory.add(stock=1, sku="TEA-2")

        found = [inventory.store.catalog.search(ProductFilter(sku=sku)).products for sku in ("TEA", "tea", "T%", "")]

        assert found == [(tea,), (), (), ()]

    def test_added_and_changed_products_are_found(self, inventory: Inventory) -> None:
        new = NewProduct(sku="B", name="Bowl", price=PRICE, stock=1)
        with inventory.store.unit_of_work() as uow:
            uow.products.add_many([new], by=ADMIN, at=NOON)
            uow.commit()
        with inventory.store.unit_of_work() as uow:
            (bowl,) = uow.products.get_by_sku_for_update(["B"]).values()
            uow.products.save_many([replace(bowl, name="Plate")], by=ADMIN, at=NOON)
            uow.commit()

        found = [inventory.store.catalog.search(ProductFilter(text=text)).products for text in ("bowl", "plate")]

        assert found == [(), (replace(bowl, name="Plate", version=2),)]

    def test_stock_levels_list_lowest_first(self, inventory: Inventory) -> None:
        _, low, empty, at = inventory.stocked(9, 2, 0, 5, threshold=5)

        levels = inventory.store.catalog.stock_levels()
        fewer = inventory.store.catalog.stock_levels(limit=1)

        assert (levels.total_products, levels.out_of_stock) == (4, 1)
        assert [product.id for product in levels.low_stock] == [empty, low, at]
        assert [product.id for product in fewer.low_stock] == [empty]

    def test_stock_ranges_have_every_product_once(self, inventory: Inventory) -> None:
        stocks = (51, 0, 50, 11, 10, 6, 5, 1, 3)
        numbers = dict(zip(inventory.stocked(*stocks), stocks, strict=True))

        ranges = inventory.store.catalog.stock_ranges()
        few = inventory.store.catalog.stock_ranges(StockFilter(min_stock=3, max_stock=50), limit=1)

        assert list(ranges) == list(StockRange)
        found = [[numbers[product.id] for product in level.products] for level in ranges.values()]
        assert found == [[0], [1, 3, 5], [6, 10], [11, 50], [51]]
        assert [level.count for level in ranges.values()] == [1, 3, 2, 2, 1]
        shown = [(level.count, [numbers[product.id] for product in level.products]) for level in few.values()]
        assert shown == [(0, []), (2, [3]), (2, [6]), (2, [11]), (0, [])]

    def test_movements_show_the_stock_after_each(self, inventory: Inventory) -> None:
        product, other = inventory.stocked(5, 7)
        with inventory.store.unit_of_work() as uow:
            uow.stock.restock(product, 4, by=ADMIN, at=NOON)
            uow.products.save(replace(uow.products.get_for_update(product), stock=2), by=ADMIN, at=NOON)
            uow.commit()

        first = inventory.store.catalog.movements(product, limit=2)
        second = inventory.store.catalog.movements(product, limit=2, cursor=first.next_cursor)

        shown = [(entry.kind.value, entry.quantity, entry.stock) for entry in first.movements + second.movements]
        assert shown == [("adjusted", -7, 2), ("restocked", 4, 9), ("initial", 5, 5)]
        assert second.next_cursor is None
        assert {entry.actor for entry in first.movements} == {ADMIN.subject}
        assert [entry.stock for entry in inventory.store.catalog.movements(other).movements] == [7]

    def test_movements_after_a_cursor_stay_the_same(self, inventory: Inventory) -> None:
        (product,) = inventory.stocked(5)
        for _ in range(3):
            with inventory.store.unit_of_work() as uow:
                uow.stock.restock(product, 1, by=ADMIN, at=NOON)
                uow.commit()
        page = inventory.store.catalog.movements(product, limit=1)
        with inventory.store.unit_of_work() as uow:
            uow.stock.restock(product, 100, by=ADMIN, at=NOON)
            uow.commit()

        rest = inventory.store.catalog.movements(product, cursor=page.next_cursor).movements

        assert [entry.stock for entry in rest] == [7, 6, 5]

    def test_history_has_the_changed_fields_only(self, inventory: Inventory) -> None:
        (product,) = inventory.stocked(5)
        with inventory.store.unit_of_work() as uow:
            before = uow.products.get_for_update(product)
            uow.products.save(replace(before, name="Darjeeling"), by=ADMIN, at=NOON)
            uow.products.save(replace(before, name="Darjeeling"), by=ADMIN, at=NOON)  # changes nothing
            uow.stock.restock(product, 1, by=ADMIN, at=NOON)
            uow.products.save_many([replace(uow.products.get_for_update(product), stock=3)], by=ADMIN, at=NOON)
            uow.commit()

        first = inventory.store.catalog.history(product, limit=3)
        last = inventory.store.catalog.history(product, limit=3, before=first.next_before)

        assert [(entry.kind.value, entry.version, entry.changes) for entry in first.changes] == [
            ("updated", 4, {"stock": {"from": 6, "to": 3}}),
            ("restocked", 3, {"stock": {"from": 5, "to": 6}}),
            ("updated", 2, {"name": {"from": before.name, "to": "Darjeeling"}}),
        ]
        (added,) = last.changes
        assert (added.kind.value, added.version, added.changes["stock"]) == ("added", 1, {"from": None, "to": 5})
        assert last.next_before is None
        assert (added.actor, added.role, added.request_id) == (ADMIN.subject, ADMIN.role, ADMIN.request_id)

    def test_audit_of_an_unknown_product_raises(self, inventory: Inventory) -> None:
        for product_id in (999, 2**70):
            with pytest.raises(ProductNotFound):
                inventory.store.catalog.movements(product_id)
            with pytest.raises(ProductNotFound):
                inventory.store.catalog.history(product_id)
