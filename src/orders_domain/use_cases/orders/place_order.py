"""Use case: place an order of custom items."""

from dataclasses import dataclass

from orders_domain.model.custom_item import CustomItem
from orders_domain.model.order import Order
from orders_domain.model.origin import Origin
from orders_domain.model.values.money import Money
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.direct_placement import DirectPlacement
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders._common import PlacementRequest, store_new_order


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder(PlacementRequest):
    """An order for the actor, of items described by the client (clause 000-04)."""

    items: tuple[CustomItem, ...]
    total: Money


def place_order(
    request: PlaceOrder, *, uow: UnitOfWork, clock: Clock, new_id: NewId, direct: DirectPlacement | None = None
) -> Order:
    """Return the new PENDING order; its events are stored in the same transaction (clauses 000-05, 000-21).

    Raises:
        InvalidValue: the items or the total are invalid; nothing is stored.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
        StoreUnavailable: the store is unavailable.
    """
    order = Order.place(
        order_id=new_id(),
        origin=Origin.ORDERS,
        items=request.items,
        total=request.total,
        by=request.actor,
        at=clock(),
    )
    store_new_order(order, idempotency_key=request.idempotency_key, uow=uow, direct=direct)
    return order
