"""In-memory catalog of the committed products."""

from collections.abc import Sequence

from orders_adapters.memory.store import InMemoryStore
from orders_domain.errors import ProductNotFound
from orders_domain.model.product import Product, ProductId
from orders_domain.ports.product_catalog import ProductCatalog, StockLevels


class InMemoryProductCatalog(ProductCatalog):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def get(self, product_id: ProductId) -> Product:
        with self._store.read_lock:
            product = self._store.products.get(product_id)
        if product is None:
            raise ProductNotFound(product_id)
        return product

    def list_page(self, *, offset: int = 0, limit: int = 100) -> Sequence[Product]:
        return self._all()[offset : offset + limit]

    def stock_levels(self, *, limit: int = 1_000) -> StockLevels:
        products = self._all()
        low = sorted(
            (product for product in products if product.is_low), key=lambda product: (product.stock, product.id)
        )
        return StockLevels(
            total_products=len(products),
            out_of_stock=sum(product.stock == 0 for product in products),
            low_stock=tuple(low[:limit]),
        )

    def _all(self) -> list[Product]:
        with self._store.read_lock:
            return [self._store.products[product_id] for product_id in sorted(self._store.products)]
