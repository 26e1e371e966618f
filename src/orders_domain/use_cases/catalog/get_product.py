"""Query of one product."""

from dataclasses import dataclass

from orders_domain.model.product import Product, ProductId
from orders_domain.ports.product_catalog import ProductCatalog


@dataclass(frozen=True, slots=True, kw_only=True)
class GetProduct:
    product_id: ProductId


def get_product(request: GetProduct, *, product_catalog: ProductCatalog) -> Product:
    """Return the product as last committed; everybody may read it.

    Raises:
        ProductNotFound: no such product.
        StoreUnavailable: the store does not answer.
    """
    return product_catalog.get(request.product_id)
