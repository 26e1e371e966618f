"""Products by the thousand: in batches, each whole; bad lines alone are lost."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

import pytest

from orders_adapters.memory.product_catalog import InMemoryProductCatalog
from orders_domain import Actor, Money
from orders_domain.errors import AccessDenied, StoreUnavailable
from orders_domain.model.product import NewProduct, Product
from orders_domain.ports.products import MovementKind
from orders_domain.use_cases import ImportProducts, UpsertProducts, import_products, upsert_products
from orders_domain.use_cases.catalog.import_products import BATCH, ImportResult, ImportRow
from orders_domain.use_cases.catalog.upsert_products import ProductUpsert
from tests.support.examples import ADA, ADMIN
from tests.support.use_cases import Shop


def tea(number: int = 1, *, price: int = 100, stock: int = 5, threshold: int | None = None) -> ProductUpsert:
    product = NewProduct(
        sku=f"TEA-{number}",
        name=f"Tea {number}",
        price=Money(price, "USD"),
        stock=stock,
        low_stock_threshold=5 if threshold is None else threshold,
    )
    return ProductUpsert(product=product, threshold_given=threshold is not None)


def rows(*stated: ProductUpsert | None) -> list[ImportRow]:
    """Lines from 2 on, as below a header; None for one that is no product."""
    return [
        ImportRow(line=line, upsert=one) if one else ImportRow(line=line, reason="not a product")
        for line, one in enumerate(stated, start=2)
    ]


@dataclass
class Storeroom:
    shop: Shop = field(default_factory=Shop)

    def __post_init__(self) -> None:
        self.put = partial(upsert_products, uow=self.shop.uow, clock=self.shop.clock)

    def bring(
        self, lines: Iterable[ImportRow], *, by: Actor = ADMIN, rehearsal: bool = False
    ) -> Iterator[ImportResult]:
        request = ImportProducts(actor=by, rows=lines, dry_run=rehearsal)
        return import_products(request, upsert_products=self.put)

    def brought(self, *stated: ProductUpsert | None, rehearsal: bool = False) -> list[str | None]:
        """Bring the lines; say what became of each."""
        return [
            one.outcome.value if one.outcome else one.reason for one in self.bring(rows(*stated), rehearsal=rehearsal)
        ]

    def shelf(self) -> list[Product]:
        return list(InMemoryProductCatalog(self.shop.store).list_page(limit=10_000))

    def ledger(self) -> list[tuple[MovementKind, int]]:
        return [(moved.movement, moved.quantity) for moved in self.shop.store.movements]


@pytest.fixture
def storeroom() -> Storeroom:
    return Storeroom()


def test_products_are_upserted_by_sku(storeroom: Storeroom) -> None:
    storeroom.brought(tea(1), tea(2))

    became = storeroom.brought(tea(1, price=120, stock=3), tea(2), tea(3))

    assert became == ["changed", "unchanged", "added"]
    assert [(one.id, one.sku, one.price.minor, one.stock) for one in storeroom.shelf()] == [
        (1, "TEA-1", 120, 3),
        (2, "TEA-2", 100, 5),
        (3, "TEA-3", 100, 5),
    ]


def test_ledger_records_every_stock_change(storeroom: Storeroom) -> None:
    storeroom.brought(tea(1))
    storeroom.brought(tea(1, stock=3), tea(2, stock=4))
    storeroom.brought(tea(1, stock=3, price=1))

    assert storeroom.ledger() == [(MovementKind.INITIAL, 5), (MovementKind.ADJUSTED, -2), (MovementKind.INITIAL, 4)]


def test_missing_threshold_leaves_current_value(storeroom: Storeroom) -> None:
    storeroom.brought(tea(1, threshold=50))

    assert storeroom.brought(tea(1)) == ["unchanged"]
    assert storeroom.shelf()[0].low_stock_threshold == 50
    assert storeroom.brought(tea(1, threshold=7)) == ["changed"]
    assert storeroom.shelf()[0].low_stock_threshold == 7


def test_invalid_line_is_skipped(storeroom: Storeroom) -> None:
    imported = list(storeroom.bring(rows(tea(1), None, tea(2))))

    assert [(one.line, one.outcome is None, one.reason) for one in imported] == [
        (2, False, None),
        (3, True, "not a product"),
        (4, False, None),
    ]
    assert len(storeroom.shelf()) == 2


def test_last_line_of_a_sku_wins(storeroom: Storeroom) -> None:
    assert storeroom.brought(tea(1, stock=1), tea(2), tea(1, stock=9)) == ["added", "added", "changed"]
    assert storeroom.shelf()[0].stock == 9


def test_dry_run_reports_without_changes(storeroom: Storeroom) -> None:
    storeroom.brought(tea(1))

    assert storeroom.brought(tea(1, stock=9), tea(2), rehearsal=True) == ["changed", "added"]
    assert [one.stock for one in storeroom.shelf()] == [5]


def test_import_reads_one_batch_ahead(storeroom: Storeroom) -> None:
    read = []

    def lines() -> Iterator[ImportRow]:
        for row in rows(*(tea(number) for number in range(3 * BATCH))):
            read.append(row.line)
            yield row

    imported = storeroom.bring(lines())
    first = next(imported)

    assert first.line == 2
    assert len(storeroom.shelf()) == BATCH
    assert len(read) <= BATCH + 1


def test_failed_batch_leaves_earlier_batches(storeroom: Storeroom) -> None:
    put, batches = storeroom.put, iter([1])

    def idempotency_key(request: UpsertProducts) -> object:
        if next(batches, None) is None:
            raise StoreUnavailable("Away.")
        return put(request)

    storeroom.put = idempotency_key  # type: ignore[assignment]
    told: list[ImportResult] = []
    with pytest.raises(StoreUnavailable):
        told += storeroom.bring(rows(*(tea(number) for number in range(2 * BATCH))))

    assert len(storeroom.shelf()) == BATCH


def test_import_requires_an_administrator(storeroom: Storeroom) -> None:
    with pytest.raises(AccessDenied):
        storeroom.bring(rows(tea(1)), by=ADA)
    with pytest.raises(AccessDenied):
        storeroom.put(UpsertProducts(actor=ADA, products={}))
