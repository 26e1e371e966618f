"""Put some products into the catalogue: those it has not are added, those it has are changed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.actor import Actor
from orders_domain.model.product import NewProduct, Product
from orders_domain.ports.clock import Clock
from orders_domain.ports.unit_of_work import UnitOfWork


class UpsertOutcome(Enum):
    """What became of a product."""

    ADDED = "added"
    UPDATED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductUpsert:
    """A product as somebody states it."""

    product: NewProduct
    threshold_given: bool = True  # else a product that is there keeps the one it has

    def apply_to(self, existing: Product) -> Product:
        """Return the product that is there, as it is stated now."""
        threshold = self.product.low_stock_threshold if self.threshold_given else existing.low_stock_threshold
        return replace(
            existing,
            name=self.product.name,
            price=self.product.price,
            stock=self.product.stock,
            low_stock_threshold=threshold,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertProducts:
    """Products by sku; a rehearsal says what would become of them and keeps nothing."""

    actor: Actor
    products: Mapping[str, ProductUpsert]
    dry_run: bool = False


def upsert_products(request: UpsertProducts, *, uow: UnitOfWork, clock: Clock) -> Mapping[str, UpsertOutcome]:
    """Return what became of each product, by sku: all of them together, or none (clause 002-34).

    Raises:
        AccessDenied: not an administrator.
        StoreUnavailable: the store is away.
    """
    ADMIN_ONLY.authorize(request.actor)
    with uow:
        there = uow.products.get_by_sku_for_update(request.products.keys())
        after = {sku: request.products[sku].apply_to(present) for sku, present in there.items()}
        changed = [product for sku, product in after.items() if product != there[sku]]
        added = [stated.product for sku, stated in request.products.items() if sku not in there]
        uow.products.save_many(changed, by=request.actor, at=clock())
        uow.products.add_many(added, by=request.actor, at=clock())
        if not request.dry_run:
            uow.commit()
    outcome = dict.fromkeys(request.products, UpsertOutcome.UNCHANGED)
    return (
        outcome | {one.sku: UpsertOutcome.UPDATED for one in changed} | {one.sku: UpsertOutcome.ADDED for one in added}
    )
