"""Order products of the catalogue."""

from dataclasses import dataclass

from orders_domain import events, sale
from orders_domain.actor import Actor
from orders_domain.address import Address
from orders_domain.once import Once
from orders_domain.order import Order
from orders_domain.origin import Origin
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.product import Demand, summed


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderProducts:
    """So many of these products, to this address; the same product twice is added up."""

    actor: Actor
    demands: tuple[Demand, ...]
    address: Address | None = None
    user_id: str | None = None  # whose order it is, where not the actor's
    shipment_id: str | None = None
    once: Once | None = None
    origin: Origin = Origin.MANAGEMENT


def order_products(request: OrderProducts, *, uow: UnitOfWork, clock: Clock, new_id: NewId) -> Order:
    """Return the new order; its stock is taken, at the prices of this moment (clauses 002-01, 002-02, 002-10).

    Raises:
        Refused: nothing is wanted, prices of several currencies, or a total that is no amount.
        InsufficientStock: products are short or unknown: all of those are named, and nothing was taken.
        AlreadyDone, KeyReused, KeyInUse: see ``Keys.claim``.
        StoreUnavailable: the store is away.
    """
    wanted = summed(request.demands)
    now = clock()
    with uow:
        if request.once:
            uow.keys.claim(request.once, at=now)
        products = uow.products.named(wanted)
        sale.require_enough(wanted, products)
        lines = sale.lines(wanted, products)
        order = Order.place(
            order_id=new_id(),
            origin=request.origin,
            lines=lines,
            total=sale.total(lines),
            address=request.address,
            user_id=request.user_id,
            shipment_id=request.shipment_id,
            by=request.actor,
            at=now,
        )
        uow.orders.add(order)
        low = uow.stock.take(order, by=request.actor, at=order.created_at)
        uow.tell([events.stock_low(product, order, by=request.actor) for product in low])
        if request.once:
            uow.keys.keep(request.once, order)
        uow.commit()
    return order
