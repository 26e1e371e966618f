"""Use case: import products in batches, each in one transaction."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.catalog.upsert_products import ProductUpsert, UpsertOutcome, UpsertProducts

BATCH = 500

UpsertFn: TypeAlias = Callable[[UpsertProducts], Mapping[str, UpsertOutcome]]
"""The use case ``upsert_products`` with its ports bound; each call is one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """A parsed line: a product, or the reason why the line is invalid, and its text as far as it is short."""

    line: int
    upsert: ProductUpsert | None = None
    reason: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """The result of a line."""

    line: int
    sku: str | None = None
    outcome: UpsertOutcome | None = None  # None if the line was rejected
    reason: str | None = None
    text: str = ""


RecordResultsFn: TypeAlias = Callable[[UnitOfWork, Sequence[ImportResult]], None]
"""Record the results of a batch in the transaction that stores its products; each attempt of it calls this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProducts:
    actor: Actor
    rows: Iterable[ImportRow]
    dry_run: bool = False
    record: RecordResultsFn | None = None


def import_products(request: ImportProducts, *, upsert_products: UpsertFn) -> Iterator[ImportResult]:
    """Yield the result of each line, in order, after its batch is committed; only one batch is in memory.

    A repeated sku updates the product of the earlier line. The import is idempotent.

    Raises:
        AccessDenied: the actor is not an administrator.
        StoreUnavailable: the store is unavailable; the yielded results are committed.
    """
    return chain.from_iterable(import_batches(request, upsert_products=upsert_products))


def import_batches(request: ImportProducts, *, upsert_products: UpsertFn) -> Iterator[Sequence[ImportResult]]:
    """Yield the results of each batch of ``import_products``."""
    ADMIN_ONLY.authorize(request.actor)
    return _results(request, upsert_products)


def _results(request: ImportProducts, upsert_products: UpsertFn) -> Iterator[Sequence[ImportResult]]:
    record = request.record
    for batch in _batches(request.rows):
        upserts = {row.upsert.product.sku: row.upsert for row in batch if row.upsert}

        def record_outcomes(
            uow: UnitOfWork, outcomes: Mapping[str, UpsertOutcome], batch: Sequence[ImportRow] = batch
        ) -> None:
            if record:
                record(uow, _results_of(batch, outcomes))

        upsert = UpsertProducts(
            actor=request.actor, products=upserts, dry_run=request.dry_run, record=record_outcomes if record else None
        )
        yield _results_of(batch, upsert_products(upsert))


def _results_of(batch: Sequence[ImportRow], outcomes: Mapping[str, UpsertOutcome]) -> Sequence[ImportResult]:
    return [_result(row, outcomes) for row in batch]


def _result(row: ImportRow, outcomes: Mapping[str, UpsertOutcome]) -> ImportResult:
    if row.upsert is None:
        return ImportResult(line=row.line, reason=row.reason, text=row.text)
    sku = row.upsert.product.sku
    return ImportResult(line=row.line, sku=sku, outcome=outcomes[sku])


def _batches(rows: Iterable[ImportRow]) -> Iterator[Sequence[ImportRow]]:
    """Yield batches of rows; a batch has each sku at most once."""
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
