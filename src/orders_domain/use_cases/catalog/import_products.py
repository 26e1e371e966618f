"""Import products, as many as there are: in batches, each kept whole before the next begins."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.actor import Actor
from orders_domain.use_cases.catalog.upsert_products import ProductUpsert, UpsertOutcome, UpsertProducts

BATCH = 500

UpsertFn: TypeAlias = Callable[[UpsertProducts], Mapping[str, UpsertOutcome]]
"""The use case ``upsert_products`` with its ports: one batch, one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """A line of what is imported: a product, or the reason why it is none."""

    line: int
    upsert: ProductUpsert | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What became of a line."""

    line: int
    sku: str | None = None
    outcome: UpsertOutcome | None = None  # None where the line was refused
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProducts:
    actor: Actor
    rows: Iterable[ImportRow]
    dry_run: bool = False


def import_products(request: ImportProducts, *, upsert_products: UpsertFn) -> Iterator[ImportResult]:
    """Yield what became of each line, in their order, once its batch is kept; no more than a batch is in memory.

    A sku that comes again changes what the line before has put. Importing the same lines again changes nothing.

    Raises:
        AccessDenied: not an administrator.
        StoreUnavailable: the store is away; what was yielded is kept.
    """
    ADMIN_ONLY.authorize(request.actor)
    return _results(request, upsert_products)


def _results(request: ImportProducts, upsert_products: UpsertFn) -> Iterator[ImportResult]:
    for batch in _batches(request.rows):
        stated = {row.upsert.product.sku: row.upsert for row in batch if row.upsert}
        put = upsert_products(UpsertProducts(actor=request.actor, products=stated, dry_run=request.dry_run))
        yield from (_result(row, put) for row in batch)


def _result(row: ImportRow, put: Mapping[str, UpsertOutcome]) -> ImportResult:
    if row.upsert is None:
        return ImportResult(line=row.line, reason=row.reason)
    sku = row.upsert.product.sku
    return ImportResult(line=row.line, sku=sku, outcome=put[sku])


def _batches(rows: Iterable[ImportRow]) -> Iterator[Sequence[ImportRow]]:
    """Rows by the batch, each sku at most once in it."""
    batch: list[ImportRow] = []
    skus: set[str] = set()
    for row in rows:
        sku = row.upsert.product.sku if row.upsert else None
        if len(batch) == BATCH or sku in skus:
            yield batch
            batch, skus = [], set()
        batch.append(row)
        skus |= {sku} if sku else set()
    if batch:
        yield batch
