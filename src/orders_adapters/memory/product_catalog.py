"""In-memory catalog of the committed products."""

from collections.abc import Mapping

from orders_adapters.memory.store import InMemoryStore
from orders_domain.errors import ProductNotFound
from orders_domain.model.product import Product, ProductId
from orders_domain.model.product_audit import MovementCursor, MovementPage, ProductHistoryPage
from orders_domain.model.product_filter import ProductFilter, ProductPage
from orders_domain.model.stock_filter import StockFilter, StockRange, range_of
from orders_domain.ports.product_catalog import ALL_STOCK, ProductCatalog, StockLevels, StockRangeLevel


class InMemoryProductCatalog(ProductCatalog):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def get(self, product_id: ProductId) -> Product:
        with self._store.read_lock:
            product = self._store.products.get(product_id)
        if product is None:
            raise ProductNotFound(product_id)
        return product

    def search(self, product_filter: ProductFilter) -> ProductPage:
        after, skip = product_filter.after or 0, product_filter.offset
        matching = [product for product in self._all() if product.id > after and product_filter.matches(product)]
        return ProductPage.from_rows(matching[skip : skip + product_filter.limit + 1], product_filter.limit)

    def movements(
        self, product_id: ProductId, *, limit: int = 100, cursor: MovementCursor | None = None
    ) -> MovementPage:
        product = self.get(product_id)
        with self._store.read_lock:
            rows: list[dict[str, object]] = [
                {
                    "id": position,
                    "at": entry.at,
                    "kind": entry.movement,
                    "quantity": entry.quantity,
                    "order_id": entry.order_id,
                    "order_number": self._store.orders[entry.order_id].number if entry.order_id else None,
                    "actor": entry.by,
                }
                for position, entry in enumerate(self._store.movements, start=1)
                if entry.product_id == product_id and (cursor is None or position < cursor.before)
            ]
            stock = cursor.stock if cursor else self._store.products[product.id].stock
        return MovementPage.from_rows(rows[: -limit - 2 : -1], stock=stock, limit=limit)

    def history(self, product_id: ProductId, *, limit: int = 100, before: int | None = None) -> ProductHistoryPage:
        self.get(product_id)
        with self._store.read_lock:
            changes = [
                change
                for change in self._store.product_changes
                if change.product_id == product_id and (before is None or change.version < before)
            ]
        return ProductHistoryPage.from_rows(changes[: -limit - 2 : -1], limit)

    def stock_levels(self, stock_filter: StockFilter = ALL_STOCK, *, limit: int = 1_000) -> StockLevels:
        products = [product for product in self._all() if stock_filter.matches(product)]
        low = sorted(
            (product for product in products if product.is_low), key=lambda product: (product.stock, product.id)
        )
        return StockLevels(
            total_products=len(products),
            out_of_stock=sum(product.stock == 0 for product in products),
            low=sum(product.stock > 0 for product in low),
            low_stock=tuple(low[:limit]),
        )

    def stock_ranges(
        self, stock_filter: StockFilter = ALL_STOCK, *, limit: int = 1_000
    ) -> Mapping[StockRange, StockRangeLevel]:
        found: dict[StockRange, list[Product]] = {each: [] for each in StockRange}
        matching = filter(stock_filter.matches, self._all())
        for product in sorted(matching, key=lambda product: (product.stock, product.id)):
            found[range_of(product)].append(product)
        return {
            each: StockRangeLevel(count=len(products), products=tuple(products[:limit]))
            for each, products in found.items()
        }

    def _all(self) -> list[Product]:
        with self._store.read_lock:
            return [self._store.products[product_id] for product_id in sorted(self._store.products)]
