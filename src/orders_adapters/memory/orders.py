"""In-memory order repository of one unit of work, staged until commit."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from uuid import UUID

from orders_adapters.memory.store import InMemoryStore
from orders_domain.errors import OrderExists, OrderNotFound, StaleOrder
from orders_domain.model import events
from orders_domain.model.events import Event
from orders_domain.model.history import HistoryEntry
from orders_domain.model.life.changes import ReferenceTaken
from orders_domain.model.life.paying import FactDiffers
from orders_domain.model.life.returning import ReturnNotFound
from orders_domain.model.life.shipping import ShipmentNotFound
from orders_domain.model.order import CartOrdered, Order, rebuild
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.status import OrderStatus
from orders_domain.ports.orders import OrderRepository
from orders_domain.ports.outbox import DUE_AT_ONCE, OutboxMessage, OutboxState


class InMemoryOrderRepository(OrderRepository):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store
        self._orders: dict[UUID, Order] = {}
        self._carts: dict[str, UUID | None] = {}
        self._entries: list[HistoryEntry] = []
        self._messages: list[OutboxMessage] = []

    def add(self, order: Order) -> None:
        if self._stored(order.id) is not None or self._is_shipped(order.shipment_id):
            raise OrderExists(order.id)
        if order.cart:
            if ordered_id := self._ordered(order.cart.snapshot_id):
                raise CartOrdered(self._placed(ordered_id))
            self._carts[order.cart.snapshot_id] = order.id
        if order.reference is not None and (taken := self._referred(order)):
            raise ReferenceTaken(taken)
        order.number = order.number or self.reserve_number()
        self._stage(order)

    def reserve_number(self) -> int:
        return next(self._store.numbers)

    def store_words(self, *, after: UUID, limit: int) -> UUID | None:
        following = sorted(order_id for order_id in self._store.orders if order_id > after)  # words are not stored here
        return following[:limit][-1] if following else None

    def release_cart(self, snapshot_id: str) -> None:
        order = self._stored(self._ordered(snapshot_id))
        if order and (order.status is OrderStatus.CANCELED or order.deleted_at):
            self._carts[snapshot_id] = None

    def get_for_update(self, ref: OrderRef, *, with_shipments: bool = True) -> Order:
        order = self._stored(self._store.ids.get(ref) if isinstance(ref, int) else ref)
        if order is None or order.deleted_at is not None:
            raise OrderNotFound(ref)
        return deepcopy(order)

    def get_by_shipment_for_update(self, shipment_id: str) -> Order:
        order_ids = (order.id for order in self._store.orders.values() if order.shipment_id == shipment_id)
        order_id = next(order_ids, None)
        if order_id is None:
            raise OrderNotFound(shipment_id)
        return self.get_for_update(order_id)

    def get_by_reference_for_update(self, reference: str, *, source: str) -> Order:
        wanted = (source, reference)
        orders = self._store.orders.values()
        order_id = next((order.id for order in orders if (order.source, order.reference) == wanted), None)
        if order_id is None:
            raise OrderNotFound(reference)
        return self.get_for_update(order_id)

    def get_by_parcel_for_update(self, parcel_id: UUID, *, with_shipments: bool = True) -> Order:
        if order := self._find(lambda order: any(shipment.id == str(parcel_id) for shipment in order.life.shipments)):
            return order
        raise ShipmentNotFound

    def get_by_return_for_update(self, return_id: UUID) -> Order:
        if order := self._find(lambda order: any(known.id == str(return_id) for known in order.life.returns)):
            return order
        raise ReturnNotFound

    def save(self, order: Order) -> None:
        if not order.new_entries:
            return
        stored = self._stored(order.id)
        if stored is None or stored.version != order.persisted_version:
            raise StaleOrder(order.id)
        self._ensure_facts_are_new(order)
        self._stage(order)

    def publish(self, events: Sequence[Event]) -> None:
        self._messages += [
            OutboxMessage(event=event, state=OutboxState.WAITING, due_at=DUE_AT_ONCE)
            for event in deepcopy(list(events))
        ]

    def merge(self) -> None:
        """Copy the staged changes to the store. The caller must hold ``store.read_lock``."""
        self._store.orders |= self._orders
        self._store.ids |= {order.number: order.id for order in self._orders.values() if order.number is not None}
        self._store.carts |= self._carts
        for entry in self._entries:
            self._store.histories.setdefault(entry.order_id, []).append(entry)
        self._store.entries += self._entries
        self._store.outbox |= {message.event.id: message for message in self._messages}
        self._store.notifying += [message.event.id for message in self._messages if message.event.notifies]

    def _find(self, condition: Callable[[Order], bool]) -> Order | None:
        orders = (order for order in self._store.orders.values() if order.deleted_at is None)
        order_id = next((order.id for order in orders if condition(order)), None)
        return None if order_id is None else self.get_for_update(order_id)

    def _ordered(self, snapshot_id: str) -> UUID | None:
        """Return the id of the order of the cart, if any."""
        return self._carts.get(snapshot_id, self._store.carts.get(snapshot_id))

    def _placed(self, order_id: UUID) -> Order:
        """Return an order in its initial state."""
        entries = self._store.histories.get(order_id) or [
            entry for entry in self._entries if entry.order_id == order_id
        ]
        order = self._stored(order_id)
        return rebuild(entries[:1], number=order.number if order else None)

    def _ensure_facts_are_new(self, order: Order) -> None:
        new = {(fact.provider, fact.reference) for fact in order.life.payments}
        others = (other for other in self._store.orders.values() if other.id != order.id) if new else ()
        if any((fact.provider, fact.reference) in new for other in others for fact in other.life.payments):
            raise FactDiffers

    def _referred(self, order: Order) -> UUID | None:
        """Return the id of the order with this reference, if any."""
        wanted = (order.source, order.reference)
        return next(
            (other.id for other in self._store.orders.values() if (other.source, other.reference) == wanted), None
        )

    def _is_shipped(self, shipment_id: str | None) -> bool:
        return shipment_id is not None and any(
            order.shipment_id == shipment_id for order in self._store.orders.values()
        )

    def _stored(self, order_id: UUID | None) -> Order | None:
        if order_id is None:
            return None
        return self._orders.get(order_id) or self._store.orders.get(order_id)

    def _stage(self, order: Order) -> None:
        entries = deepcopy(order.new_entries)
        order.new_entries.clear()
        self._orders[order.id] = deepcopy(order)
        self._entries += entries
        self.publish([events.event_for(entry, order) for entry in entries])
