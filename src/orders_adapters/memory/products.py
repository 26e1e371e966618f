"""In-memory product repository and stock of one unit of work, staged until commit."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from orders_adapters.memory.reservations import InMemoryReservationRepository
from orders_adapters.memory.store import InMemoryStore, StockMovement
from orders_domain.errors import ProductNotFound, SkuTaken, StoreContention
from orders_domain.model import pricing
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.life.lines import stock_quantities
from orders_domain.model.order import Order
from orders_domain.model.product import NewProduct, Product, ProductId, validate_stock
from orders_domain.model.product_audit import MovementKind, ProductChange, ProductChangeKind, field_changes
from orders_domain.ports.products import ProductRepository, Stock


class InMemoryProductRepository(ProductRepository, Stock):
    """Implements both ports, because in memory a stock movement and its product are changed together."""

    def __init__(self, store: InMemoryStore, reservations: InMemoryReservationRepository) -> None:
        self._store = store
        self._reservations = reservations
        self._products: dict[ProductId, Product] = {}
        self._external: dict[ProductId, Product] = {}
        self._movements: list[StockMovement] = []
        self._changes: list[ProductChange] = []

    def add(self, product: NewProduct, *, by: Actor, at: datetime) -> Product:
        self._ensure_sku_free(product.sku, None)
        return self._add(product, by=by, at=at)

    def _add(self, product: NewProduct, *, by: Actor, at: datetime) -> Product:
        added = Product(
            id=next(new for new in self._store.product_ids if new not in self._store.external_products),
            sku=product.sku,
            name=product.name,
            price=product.price,
            stock=0,
            low_stock_threshold=product.low_stock_threshold,
            description=product.description,
            version=0,  # the movement of the initial stock makes it 1
        )
        added = self._move(added, MovementKind.INITIAL, product.stock, by=by, at=at)
        self._record(ProductChangeKind.ADDED, None, added, by=by, at=at)
        return added

    def get_many(self, product_ids: Collection[ProductId]) -> Mapping[ProductId, Product]:
        products = {product_id: self._stored(product_id) for product_id in product_ids}
        return {product_id: product for product_id, product in products.items() if product is not None}

    def get_for_update(self, product_id: ProductId) -> Product:
        product = self._stored(product_id)
        if product is None:
            raise ProductNotFound(product_id)
        return product

    def save(self, product: Product, *, by: Actor, at: datetime) -> Product:
        self._ensure_sku_free(product.sku, product.id)
        return self._save(product, by=by, at=at)

    def _save(self, product: Product, *, by: Actor, at: datetime) -> Product:
        stored = self.get_for_update(product.id)
        if replace(product, version=stored.version) == stored:
            return stored
        saved = self._products[product.id] = replace(product, version=stored.version + 1)
        if difference := product.stock - stored.stock:
            self._movements.append(StockMovement(product.id, MovementKind.ADJUSTED, difference, None, by.subject, at))
        self._record(ProductChangeKind.UPDATED, stored, saved, by=by, at=at)
        return saved

    def get_by_sku_for_update(self, skus: Collection[str]) -> Mapping[str, Product]:
        requested = set(skus)
        products = self._store.products | self._products
        return {product.sku: product for product in products.values() if product.sku in requested}

    def add_many(self, products: Sequence[NewProduct], *, by: Actor, at: datetime) -> None:
        if self.get_by_sku_for_update([product.sku for product in products]):
            raise StoreContention("Another transaction has added a product with one of the skus.")
        for product in products:
            self._add(product, by=by, at=at)

    def save_many(self, products: Sequence[Product], *, by: Actor, at: datetime) -> None:
        for product in products:
            self._save(product, by=by, at=at)

    def deduct(self, order: Order, *, by: Actor, at: datetime) -> Sequence[Product]:
        quantities = stock_quantities(order)
        products = self.get_many(quantities)
        pricing.ensure_in_stock(quantities, products)
        if self._has_movement(order, MovementKind.DEDUCTED):
            return ()
        low = []
        for product_id, quantity in quantities.items():
            before = products[product_id]
            after = self._move(before, MovementKind.DEDUCTED, -quantity, by=by, at=at, order=order)
            low += [after] if after.is_low and not before.is_low else []
        return low

    def record_external_lines(self, order: Order, products: Mapping[ProductId, Product], *, at: datetime) -> None:
        self._external |= {line.product_id: products[line.product_id] for line in order.lines}

    def release(self, order: Order, *, by: Actor, at: datetime) -> None:
        self._reservations.make_due_for_release(order.id)
        for product_id in stock_quantities(order):
            deducted = self._deducted(order, product_id)
            if deducted > 0:
                product = self.get_for_update(product_id)
                self._move(product, MovementKind.RELEASED, deducted, by=by, at=at, order=order)

    def release_units(self, order: Order, quantities: Mapping[ProductId, int], *, by: Actor, at: datetime) -> None:
        for product_id, units in sorted(quantities.items()):
            if units <= self._deducted(order, product_id):
                product = self.get_for_update(product_id)
                self._move(product, MovementKind.RELEASED, units, by=by, at=at, order=order)

    def _deducted(self, order: Order, product_id: ProductId) -> int:
        """Return the quantity of the product that the order still has."""
        entries = (*self._store.movements, *self._movements)
        return -sum(entry.quantity for entry in entries if (entry.order_id, entry.product_id) == (order.id, product_id))

    def restock(self, product_id: ProductId, quantity: int, *, by: Actor, at: datetime) -> Product:
        product = self.get_for_update(product_id)
        validate_stock(product.stock + quantity)
        restocked = self._move(product, MovementKind.RESTOCKED, quantity, by=by, at=at)
        self._record(ProductChangeKind.RESTOCKED, product, restocked, by=by, at=at)
        return restocked

    def move(
        self, product_id: ProductId, movement: MovementKind, quantity: int, *, by: Actor, at: datetime, hold_id: UUID
    ) -> None:
        """Change the stock by a stock hold, and record it."""
        self._move(self.get_for_update(product_id), movement, quantity, by=by, at=at, hold_id=hold_id)

    def merge(self) -> None:
        """Copy the staged changes to the store. The caller must hold ``store.read_lock``."""
        self._store.products |= self._products
        self._store.external_products |= self._external
        self._store.movements += self._movements
        self._store.product_changes += self._changes

    def _record(
        self, kind: ProductChangeKind, before: Product | None, after: Product, *, by: Actor, at: datetime
    ) -> None:
        self._changes.append(
            ProductChange(
                product_id=after.id,
                version=after.version,
                kind=kind,
                at=at,
                actor=by.subject,
                role=by.role,
                request_id=by.request_id,
                changes=field_changes(before, after),
            )
        )

    def _stored(self, product_id: ProductId) -> Product | None:
        return self._products.get(product_id) or self._store.products.get(product_id)

    def _ensure_sku_free(self, sku: str, product_id: ProductId | None) -> None:
        products = self._store.products | self._products
        if any(product.sku == sku and product.id != product_id for product in products.values()):
            raise SkuTaken(sku)

    def _has_movement(self, order: Order, movement: MovementKind) -> bool:
        entries = [*self._store.movements, *self._movements]
        return any(entry.order_id == order.id and entry.movement is movement for entry in entries)

    def _move(
        self,
        product: Product,
        movement: MovementKind,
        quantity: int,
        *,
        by: Actor,
        at: datetime,
        order: Order | None = None,
        hold_id: UUID | None = None,
    ) -> Product:
        changed = replace(product, stock=product.stock + quantity, version=product.version + 1)
        self._products[product.id] = changed
        self._movements.append(
            StockMovement(product.id, movement, quantity, order.id if order else None, by.subject, at, hold_id)
        )
        return changed
