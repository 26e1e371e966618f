"""In-memory stock holds of one unit of work, staged until commit, and queries."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from orders_adapters.memory.products import InMemoryProductRepository
from orders_adapters.memory.store import InMemoryStore
from orders_domain.errors import IdempotencyKeyReused
from orders_domain.model import pricing
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.idempotency import RETENTION, IdempotencyKey
from orders_domain.model.life.open_orders import StockHoldBacklog
from orders_domain.model.life.stock_hold import DuplicateStockHold, StockHold, StockHoldNotFound, StockHoldPage
from orders_domain.model.product import ProductId
from orders_domain.model.product_audit import MovementKind
from orders_domain.ports.life.stock_holds import StockHoldQueries, StockHoldRepository


class InMemoryStockHoldRepository(StockHoldRepository):
    def __init__(self, store: InMemoryStore, products: InMemoryProductRepository) -> None:
        self._store = store
        self._products = products
        self._staged: dict[UUID, StockHold | None] = {}  # None for a hold that ends
        self._keys: dict[tuple[str, str, str], tuple[str, StockHold]] = {}

    def add(self, hold: StockHold, *, idempotency_key: IdempotencyKey | None = None, by: Actor) -> None:
        if idempotency_key:
            composite = (idempotency_key.subject, idempotency_key.scope, idempotency_key.key)
            fingerprint, known = self._store.stock_hold_keys.get(composite, (None, hold))
            if fingerprint is not None and known.created_at > hold.created_at - RETENTION:
                raise DuplicateStockHold(known) if fingerprint == idempotency_key.fingerprint else IdempotencyKeyReused
            self._keys[composite] = (idempotency_key.fingerprint, hold)
        pricing.ensure_in_stock(hold.quantities, self._products.get_many(hold.quantities))
        for product_id, units in hold.quantities.items():
            self._products.move(product_id, MovementKind.HELD, -units, by=by, at=hold.created_at, hold_id=hold.id)
        self._staged[hold.id] = hold

    def count(self, user_id: str) -> int:
        return sum(hold.user_id == user_id for hold in self._open().values())

    def get_for_update(self, hold_id: UUID) -> StockHold:
        hold = self._open().get(hold_id)
        if hold is None:
            raise StockHoldNotFound
        return hold

    def get_by_user_for_update(self, user_id: str, product_ids: Collection[ProductId]) -> Sequence[StockHold]:
        holds = [
            hold
            for hold in self._open().values()
            if hold.user_id == user_id and not hold.quantities.keys().isdisjoint(product_ids)
        ]
        return sorted(holds, key=lambda hold: (hold.expires_at, hold.id))

    def end(
        self, holds: Sequence[StockHold], *, product_ids: Collection[ProductId] = (), by: Actor, at: datetime
    ) -> None:
        for hold in holds:
            self.get_for_update(hold.id)
            self._staged[hold.id] = None
            for product_id, units in hold.quantities.items():
                self._products.move(product_id, MovementKind.HOLD_ENDED, units, by=by, at=at, hold_id=hold.id)

    def merge(self) -> None:
        """Copy the staged holds to the store. The caller must hold ``store.read_lock``."""
        self._store.stock_holds = self._open()
        self._store.stock_hold_keys |= self._keys

    def _open(self) -> dict[UUID, StockHold]:
        merged = self._store.stock_holds | self._staged
        return {hold_id: hold for hold_id, hold in merged.items() if hold is not None}


class InMemoryStockHoldQueries(StockHoldQueries):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def get(self, hold_id: UUID) -> StockHold:
        with self._store.read_lock:
            hold = self._store.stock_holds.get(hold_id)
        if hold is None:
            raise StockHoldNotFound
        return hold

    def search(self, user_id: str | None, *, limit: int, before: UUID | None = None) -> StockHoldPage:
        with self._store.read_lock:
            holds = [
                hold
                for hold in self._store.stock_holds.values()
                if (user_id is None or hold.user_id == user_id) and (before is None or hold.id < before)
            ]
        return StockHoldPage.from_rows(sorted(holds, key=lambda hold: hold.id, reverse=True), limit)

    def backlog(self, *, limit: int) -> StockHoldBacklog:
        with self._store.read_lock:
            holds = sorted(self._store.stock_holds.values(), key=lambda hold: (hold.expires_at, hold.id))[:limit]
        return StockHoldBacklog(
            open=len(holds),
            oldest=min((hold.created_at for hold in holds), default=None),
            earliest_expiry=min((hold.expires_at for hold in holds), default=None),
        )

    def due(self, *, before: datetime, limit: int) -> Sequence[UUID]:
        with self._store.read_lock:
            due = [(hold.expires_at, hold.id) for hold in self._store.stock_holds.values() if hold.expires_at <= before]
        return [hold_id for _, hold_id in sorted(due)[:limit]]
