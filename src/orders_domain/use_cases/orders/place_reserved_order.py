"""Use case: place an order whose products or shipment partner services have reserved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from orders_domain.errors import InvalidServiceResponse, OrderExists
from orders_domain.model import pricing
from orders_domain.model.order import Order
from orders_domain.model.origin import Origin
from orders_domain.model.product import Product, ProductId
from orders_domain.model.reservation import Reservation
from orders_domain.ports.clock import Clock
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders._common import PlacementRequest
from orders_domain.use_cases.orders._stock import deduct_stock


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceReservedOrder(PlacementRequest):
    """The order of a reservation, at the given prices; unless ``reserved``, its quantities come from own stock."""

    reservation: Reservation
    products: Mapping[ProductId, Product]
    reserved: bool


def place_reserved_order(
    request: PlaceReservedOrder, *, expire_after: timedelta | None = None, uow: UnitOfWork, clock: Clock
) -> Order:
    """Return the new order; its commit confirms the reservation.

    It expires after ``expire_after`` if it is not paid then.
    The reservation holds the idempotency key, so no other request can have placed an order with the key meanwhile.

    Raises:
        ReservationLost: a worker is releasing the reservation.
        InvalidValue: the prices have several currencies, or the total is not a valid amount.
        InsufficientStock: own products have insufficient stock.
        InvalidServiceResponse: the shipment belongs to another order.
        StoreUnavailable: the store is unavailable; the order may be stored, and the state of the
            reservation shows whether it is.
    """
    now = clock()
    with uow:
        uow.reservations.confirm(request.reservation)
        order = _order(request, expire_after=expire_after, now=now)
        _add(order, uow)
        if request.reserved:
            uow.stock.record_external_lines(order, request.products, at=now)
        else:
            deduct_stock(order, by=request.actor, uow=uow)
        if request.idempotency_key:
            uow.idempotency_keys.store(request.idempotency_key, order)
        uow.commit()
    return order


def _add(order: Order, uow: UnitOfWork) -> None:
    try:
        uow.orders.add(order)
    except OrderExists as error:  # caused by the shipment id, because the order id is new
        raise InvalidServiceResponse("shipment service", "returned the shipment of another order") from error


def _order(request: PlaceReservedOrder, *, expire_after: timedelta | None, now: datetime) -> Order:
    reservation = request.reservation
    lines = pricing.build_lines(reservation.quantities, request.products)
    order = Order.place(
        order_id=reservation.order_id,
        origin=Origin.OSTORE,
        user_id=reservation.user_id,
        shipment_id=reservation.shipment_id,
        lines=lines,
        total=pricing.total_of(lines),
        placing=request.placing.expiring(expire_after, at=now),
        by=request.actor,
        at=now,
    )
    order.number = reservation.number  # which the shipment service knows
    return order
