"""Import products, as many as there are: in batches, each kept whole before the next begins."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.actor import Actor
from orders_domain.use_cases.catalog.upsert_products import Put, PutProducts, Stated

BATCH = 500

PutSome: TypeAlias = Callable[[PutProducts], Mapping[str, Put]]
"""The use case ``put_products`` with its ports: one batch, one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of what is imported: a product, or the reason why it is none."""

    line: int
    stated: Stated | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a line."""

    line: int
    sku: str | None = None
    put: Put | None = None  # None where the line was refused
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProducts:
    actor: Actor
    rows: Iterable[Row]
    rehearsal: bool = False


def import_products(request: ImportProducts, *, put_products: PutSome) -> Iterator[Imported]:
    """Yield what became of each line, in their order, once its batch is kept; no more than a batch is in memory.

    A sku that comes again changes what the line before has put. Importing the same lines again changes nothing.

    Raises:
        AccessDenied: not an administrator.
        StoreUnavailable: the store is away; what was yielded is kept.
    """
    ADMIN_ONLY.authorize(request.actor)
    return _imported(request, put_products)


def _imported(request: ImportProducts, put_products: PutSome) -> Iterator[Imported]:
    for batch in _batches(request.rows):
        stated = {row.stated.product.sku: row.stated for row in batch if row.stated}
        put = put_products(PutProducts(actor=request.actor, products=stated, rehearsal=request.rehearsal))
        yield from (_outcome(row, put) for row in batch)


def _outcome(row: Row, put: Mapping[str, Put]) -> Imported:
    if row.stated is None:
        return Imported(line=row.line, reason=row.reason)
    sku = row.stated.product.sku
    return Imported(line=row.line, sku=sku, put=put[sku])


def _batches(rows: Iterable[Row]) -> Iterator[Sequence[Row]]:
    """Rows by the batch, each sku at most once in it."""
    batch: list[Row] = []
    skus: set[str] = set()
    for row in rows:
        sku = row.stated.product.sku if row.stated else None
        if len(batch) == BATCH or sku in skus:
            yield batch
            batch, skus = [], set()
        batch.append(row)
        skus |= {sku} if sku else set()
    if batch:
        yield batch
