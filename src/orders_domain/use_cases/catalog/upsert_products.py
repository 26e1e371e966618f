"""Use case: upsert products of the catalogue by sku."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

from orders_domain.model import events
from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.product import NewProduct, Product
from orders_domain.ports.clock import Clock
from orders_domain.ports.unit_of_work import UnitOfWork


class UpsertOutcome(Enum):
    """The outcome for one product."""

    ADDED = "added"
    UPDATED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductUpsert:
    """The values of a product to insert or update."""

    product: NewProduct
    threshold_given: bool = True  # False leaves the threshold of an existing product unchanged

    def apply_to(self, existing: Product) -> Product:
        """Return the existing product with the new values."""
        threshold = self.product.low_stock_threshold if self.threshold_given else existing.low_stock_threshold
        return replace(
            existing,
            name=self.product.name,
            price=self.product.price,
            stock=self.product.stock,
            low_stock_threshold=threshold,
        )


RecordFn: TypeAlias = Callable[[UnitOfWork, Mapping[str, UpsertOutcome]], None]
"""Record the outcomes, by sku, in the transaction that stores the products; each attempt of it calls this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertProducts:
    """Products by sku; a dry run returns the outcomes and rolls back."""

    actor: Actor
    products: Mapping[str, ProductUpsert]
    dry_run: bool = False
    record: RecordFn | None = None


def upsert_products(request: UpsertProducts, *, uow: UnitOfWork, clock: Clock) -> Mapping[str, UpsertOutcome]:
    """Return the outcome of each product, by sku; all are stored in one transaction (clause 002-34).

    Administrators are alerted of each product that this brings to its threshold, but of no new one (clause 002-30).

    Raises:
        AccessDenied: the actor is not an administrator.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    with uow:
        existing = uow.products.get_by_sku_for_update(request.products.keys())
        updated = {sku: request.products[sku].apply_to(product) for sku, product in existing.items()}
        changed = [product for sku, product in updated.items() if product != existing[sku]]
        added = [upsert.product for sku, upsert in request.products.items() if sku not in existing]
        at = clock()
        uow.products.save_many(changed, by=request.actor, at=at)
        uow.products.add_many(added, by=request.actor, at=at)
        for product in changed:
            saved = replace(product, version=product.version + 1)
            uow.publish(events.stock_low_events(existing[product.sku], saved, by=request.actor, at=at))
        outcomes = dict.fromkeys(request.products, UpsertOutcome.UNCHANGED)
        outcomes |= {product.sku: UpsertOutcome.UPDATED for product in changed}
        outcomes |= {product.sku: UpsertOutcome.ADDED for product in added}
        if request.record:
            request.record(uow, outcomes)
        if not request.dry_run:
            uow.commit()
    return outcomes
