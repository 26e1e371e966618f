"""Use cases: read the stock ledger and the history of a product, for administrators."""

from dataclasses import dataclass

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.product import ProductId
from orders_domain.model.product_audit import MovementCursor, MovementPage, ProductHistoryPage, ensure_page_size
from orders_domain.ports.product_catalog import ProductCatalog


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStockMovements:
    """A page of the ledger of a product: the newest movements, or those that the cursor leads to."""

    actor: Actor
    product_id: ProductId
    limit: int = 100
    cursor: MovementCursor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetProductHistory:
    """A page of the changes of a product: the newest ones, or those before a version."""

    actor: Actor
    product_id: ProductId
    limit: int = 100
    before: int | None = None


def list_stock_movements(request: ListStockMovements, *, product_catalog: ProductCatalog) -> MovementPage:
    """Return the movements of the stock, newest first, each with the stock after it (clause 002-08).

    Raises:
        AccessDenied: the actor is not an administrator.
        InvalidValue: the limit is not 1 to 1,000.
        ProductNotFound: the product does not exist.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    ensure_page_size(request.limit)
    return product_catalog.movements(request.product_id, limit=request.limit, cursor=request.cursor)


def get_product_history(request: GetProductHistory, *, product_catalog: ProductCatalog) -> ProductHistoryPage:
    """Return the changes by administrators, newest first, each with the actor and both values of a field.

    Raises:
        AccessDenied: the actor is not an administrator.
        InvalidValue: the limit is not 1 to 1,000.
        ProductNotFound: the product does not exist.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    ensure_page_size(request.limit)
    return product_catalog.history(request.product_id, limit=request.limit, before=request.before)
