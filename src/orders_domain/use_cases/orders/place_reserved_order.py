"""Place an order for which other services hold products or a shipment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from orders_domain.errors import InvalidServiceResponse, OrderExists
from orders_domain.model import events, pricing
from orders_domain.model.actor import Actor
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.order import Order
from orders_domain.model.origin import Origin
from orders_domain.model.product import Product, ProductId
from orders_domain.model.reservation import Reservation
from orders_domain.ports.clock import Clock
from orders_domain.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceReservedOrder:
    """The order of a booking, at these prices; products that are not ``reserved`` are taken from our own stock."""

    actor: Actor
    reservation: Reservation
    products: Mapping[ProductId, Product]
    reserved: bool
    idempotency_key: IdempotencyKey | None = None


def place_reserved_order(request: PlaceReservedOrder, *, uow: UnitOfWork, clock: Clock) -> Order:
    """Return the new order; with its commit, and only then, what the services hold is its own.

    The booking has the key of the request, so that nobody else can have placed anything under it meanwhile.

    Raises:
        ReservationLost: others have begun to release the booking.
        Refused: prices of several currencies, or a total that is no amount.
        InsufficientStock: our own products are short meanwhile.
        InvalidServiceResponse: the shipment is another order's.
        StoreUnavailable: the store is away; whether the order is placed is unknown, and the booking will show.
    """
    now = clock()
    with uow:
        uow.reservations.confirm(request.reservation)
        order = _order(request, now=now)
        _add(order, uow)
        if request.reserved:
            uow.stock.record_external_lines(order, request.products, at=now)
        else:
            low = uow.stock.deduct(order, by=request.actor, at=now)
            uow.publish([events.stock_low_event(product, order, by=request.actor) for product in low])
        if request.idempotency_key:
            uow.idempotency_keys.store(request.idempotency_key, order)
        uow.commit()
    return order


def _add(order: Order, uow: UnitOfWork) -> None:
    try:
        uow.orders.add(order)
    except OrderExists as error:  # its own id is new
        raise InvalidServiceResponse("shipment service", "returned the shipment of another order") from error


def _order(request: PlaceReservedOrder, *, now: datetime) -> Order:
    reservation = request.reservation
    lines = pricing.build_lines(reservation.quantities, request.products)
    return Order.place(
        order_id=reservation.order_id,
        origin=Origin.OSTORE,
        user_id=reservation.user_id,
        shipment_id=reservation.shipment_id,
        lines=lines,
        total=pricing.total_of(lines),
        by=request.actor,
        at=now,
    )
