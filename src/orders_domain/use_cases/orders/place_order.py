"""Place an order."""

from dataclasses import dataclass

from orders_domain.model.actor import Actor
from orders_domain.model.custom_item import CustomItem
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.money import Money
from orders_domain.model.order import Order
from orders_domain.model.origin import Origin
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders._common import store_new_order


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """An order for the actor, of lines as its client describes them (clause 000-04)."""

    actor: Actor
    items: tuple[CustomItem, ...]
    total: Money
    idempotency_key: IdempotencyKey | None = None


def place_order(request: PlaceOrder, *, uow: UnitOfWork, clock: Clock, new_id: NewId) -> Order:
    """Return the new PENDING order; its events leave with the commit, or not at all (clauses 000-05, 000-21).

    Raises:
        Refused: the items or the total cannot be an order's; nothing is stored.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``Keys.claim``.
        StoreUnavailable: the store is away.
    """
    order = Order.place(
        order_id=new_id(),
        origin=Origin.ORDERS,
        items=request.items,
        total=request.total,
        by=request.actor,
        at=clock(),
    )
    store_new_order(order, idempotency_key=request.idempotency_key, uow=uow)
    return order
