"""Query of a page of products."""

from dataclasses import dataclass

from orders_domain.model.product_filter import ProductFilter, ProductPage
from orders_domain.ports.product_catalog import ProductCatalog


@dataclass(frozen=True, slots=True, kw_only=True)
class ListProducts:
    product_filter: ProductFilter


def list_products(request: ListProducts, *, product_catalog: ProductCatalog) -> ProductPage:
    """Return the products that match the filter, in the order of their ids; everybody may read them.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    return product_catalog.search(request.product_filter)
