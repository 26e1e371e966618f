"""Import of many products: in atomic batches; only invalid lines are skipped."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

import pytest

from orders_adapters.testing.examples import ADA, ADMIN
from orders_domain import Actor, Money
from orders_domain.errors import AccessDenied, StoreUnavailable
from orders_domain.model.product import NewProduct, Product
from orders_domain.model.product_audit import MovementKind
from orders_domain.use_cases import ImportProducts, UpsertProducts, import_products, upsert_products
from orders_domain.use_cases.catalog.import_products import BATCH, ImportResult, ImportRow
from orders_domain.use_cases.catalog.upsert_products import ProductUpsert
from tests.support.shop import InMemoryShop


def tea(number: int = 1, *, price: int = 100, stock: int = 5, threshold: int | None = None) -> ProductUpsert:
    product = NewProduct(
        sku=f"TEA-{number}",
        name=f"Tea {number}",
        price=Money(price, "USD"),
        stock=stock,
        low_stock_threshold=5 if threshold is None else threshold,
    )
    return ProductUpsert(product=product, threshold_given=threshold is not None)


def rows(*upserts: ProductUpsert | None) -> list[ImportRow]:
    """Lines from 2 on, as below a header; None for an invalid line."""
    return [
        ImportRow(line=line, upsert=upsert) if upsert else ImportRow(line=line, reason="not a product")
        for line, upsert in enumerate(upserts, start=2)
    ]


@dataclass
class ProductImporter:
    shop: InMemoryShop = field(default_factory=InMemoryShop)

    def __post_init__(self) -> None:
        self.put = partial(upsert_products, uow=self.shop.unit_of_work(), clock=self.shop.clock)

    def run(self, lines: Iterable[ImportRow], *, by: Actor = ADMIN, dry_run: bool = False) -> Iterator[ImportResult]:
        request = ImportProducts(actor=by, rows=lines, dry_run=dry_run)
        return import_products(request, upsert_products=self.put)

    def outcomes(self, *upserts: ProductUpsert | None, dry_run: bool = False) -> list[str | None]:
        """Import the lines; return the outcome of each."""
        return [
            result.outcome.value if result.outcome else result.reason
            for result in self.run(rows(*upserts), dry_run=dry_run)
        ]

    def products(self) -> list[Product]:
        return [product for _, product in sorted(self.shop.store.products.items())]

    def ledger(self) -> list[tuple[MovementKind, int]]:
        return [(moved.movement, moved.quantity) for moved in self.shop.store.movements]


@pytest.fixture
def importer() -> ProductImporter:
    return ProductImporter()


def test_products_are_upserted_by_sku(importer: ProductImporter) -> None:
    importer.outcomes(tea(1), tea(2))

    became = importer.outcomes(tea(1, price=120, stock=3), tea(2), tea(3))

    assert became == ["changed", "unchanged", "added"]
    assert [(product.id, product.sku, product.price.minor, product.stock) for product in importer.products()] == [
        (1, "TEA-1", 120, 3),
        (2, "TEA-2", 100, 5),
        (3, "TEA-3", 100, 5),
    ]


def test_ledger_records_every_stock_change(importer: ProductImporter) -> None:
    importer.outcomes(tea(1))
    importer.outcomes(tea(1, stock=3), tea(2, stock=4))
    importer.outcomes(tea(1, stock=3, price=1))

    assert importer.ledger() == [(MovementKind.INITIAL, 5), (MovementKind.ADJUSTED, -2), (MovementKind.INITIAL, 4)]


def test_missing_threshold_leaves_current_value(importer: ProductImporter) -> None:
    importer.outcomes(tea(1, threshold=50))

    assert importer.outcomes(tea(1)) == ["unchanged"]
    assert importer.products()[0].low_stock_threshold == 50
    assert importer.outcomes(tea(1, threshold=7)) == ["changed"]
    assert importer.products()[0].low_stock_threshold == 7


def test_invalid_line_is_skipped(importer: ProductImporter) -> None:
    imported = list(importer.run(rows(tea(1), None, tea(2))))

    assert [(result.line, result.outcome is None, result.reason) for result in imported] == [
        (2, False, None),
        (3, True, "not a product"),
        (4, False, None),
    ]
    assert len(importer.products()) == 2


def test_last_line_of_a_sku_wins(importer: ProductImporter) -> None:
    assert importer.outcomes(tea(1, stock=1), tea(2), tea(1, stock=9)) == ["added", "added", "changed"]
    assert importer.products()[0].stock == 9


def test_dry_run_reports_without_changes(importer: ProductImporter) -> None:
    importer.outcomes(tea(1))

    assert importer.outcomes(tea(1, stock=9), tea(2), dry_run=True) == ["changed", "added"]
    assert [product.stock for product in importer.products()] == [5]


def test_import_reads_one_batch_in_advance(importer: ProductImporter) -> None:
    read = []

    def lines() -> Iterator[ImportRow]:
        for row in rows(*(tea(number) for number in range(3 * BATCH))):
            read.append(row.line)
            yield row

    imported = importer.run(lines())
    first = next(imported)

    assert first.line == 2
    assert len(importer.products()) == BATCH
    assert len(read) <= BATCH + 1


def test_failed_batch_leaves_earlier_batches(importer: ProductImporter) -> None:
    put, batches = importer.put, iter([1])

    def idempotency_key(request: UpsertProducts) -> object:
        if next(batches, None) is None:
            raise StoreUnavailable("Away.")
        return put(request)

    importer.put = idempotency_key  # type: ignore[assignment]
    results: list[ImportResult] = []
    with pytest.raises(StoreUnavailable):
        results += importer.run(rows(*(tea(number) for number in range(2 * BATCH))))

    assert len(importer.products()) == BATCH


def test_import_requires_an_administrator(importer: ProductImporter) -> None:
    with pytest.raises(AccessDenied):
        importer.run(rows(tea(1)), by=ADA)
    with pytest.raises(AccessDenied):
        importer.put(UpsertProducts(actor=ADA, products={}))
