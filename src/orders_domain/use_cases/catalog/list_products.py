"""Query of a page of products."""

from collections.abc import Sequence
from dataclasses import dataclass

from orders_domain.model.product import Product
from orders_domain.ports.product_catalog import ProductCatalog


@dataclass(frozen=True, slots=True, kw_only=True)
class ListProducts:
    offset: int = 0
    limit: int = 100


def list_products(request: ListProducts, *, product_catalog: ProductCatalog) -> Sequence[Product]:
    """Return products in the order of their ids; everybody may read them.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    return product_catalog.list_page(offset=request.offset, limit=request.limit)
