"""Order products and have them shipped, where other services have the products, or make the shipments."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import TypeAlias

from orders_domain.errors import OrdersError, ServiceError, StoreUnavailable
from orders_domain.model import pricing
from orders_domain.model.access import OWNER_OR_ADMIN
from orders_domain.model.order import Order
from orders_domain.model.product import Product, ProductId, quantities_by_product
from orders_domain.model.reservation import Reservation
from orders_domain.ports.catalog_service import CatalogService
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.shipment_service import ShipmentService
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.background.release_reservations import release
from orders_domain.use_cases.orders.place_reserved_order import PlaceBooked
from orders_domain.use_cases.orders.place_shipped_order import ShipProducts

PlaceOne: TypeAlias = Callable[[PlaceBooked], Order]
"""The use case ``place_booked`` with its ports: one transaction, to be run again by itself."""

SECOND_LOOK = timedelta(seconds=20)
"""A service that did not answer in time may do late what it was asked: it is told once more to give it up."""


def ship_through_services(
    request: ShipProducts,
    *,
    reservations: CatalogService | None,
    shipments: ShipmentService,
    uow: UnitOfWork,
    place_booked: PlaceOne,
    clock: Clock,
    new_id: NewId,
) -> Order:
    """Return the new order; all of it is there, or nothing, here and at the services (clauses 003-01 to 003-04).

    A booking is stored before a service is asked for anything. The commit of the order keeps it; else it is released:
    here and now, or, where this process dies or a service does not answer, by ``release_bookings``.

    Raises:
        AccessDenied: for somebody else, by somebody who is no administrator.
        InsufficientStock: products are short or unknown: all of those are named.
        ServiceError: a service did not do its part; nothing is placed.
        ReservationLost: it took too long; nothing is placed.
        Refused, DuplicateRequest, IdempotencyKeyReused, RequestInProgress, StoreUnavailable: see ``place_booked``.
    """
    OWNER_OR_ADMIN.authorize_owner(request.actor, request.user_id)
    wanted = quantities_by_product(request.demands)
    products = _products(request, wanted, reservations, uow=uow, clock=clock)
    reservation = _begin(request, wanted, uow=uow, clock=clock, new_id=new_id)
    try:
        if reservations:
            reservations.reserve(reservation, products)
        reservation = reservation.with_shipment_requested()
        reservation = reservation.with_shipment(shipments.create(reservation))
        return place_booked(
            PlaceBooked(
                actor=request.actor,
                booking=reservation,
                products=products,
                reserved=reservations is not None,
                once=request.once,
            )
        )
    except StoreUnavailable:
        raise  # whether the order is stored is unknown: the booking is kept with it, or is released when it is due
    except OrdersError as error:
        _give_up(reservation, error, reservations, shipments, uow=uow, clock=clock)
        raise


def _products(
    request: ShipProducts,
    wanted: Mapping[ProductId, int],
    reservations: CatalogService | None,
    *,
    uow: UnitOfWork,
    clock: Clock,
) -> Mapping[ProductId, Product]:
    """What is wanted, at the prices of this moment; a request that was done before ends here."""
    with uow:
        if request.once:
            uow.idempotency_keys.acquire(request.once, at=clock())
        ours = {} if reservations else uow.products.get_many(wanted)
    products = reservations.get_products(wanted) if reservations else ours
    pricing.ensure_in_stock(wanted, products)
    pricing.total_of(pricing.build_lines(wanted, products))
    return products


def _begin(
    request: ShipProducts, wanted: Mapping[ProductId, int], *, uow: UnitOfWork, clock: Clock, new_id: NewId
) -> Reservation:
    reservation = Reservation.start(new_id(), user_id=request.user_id, quantities=wanted, at=clock())
    with uow:
        uow.reservations.add(reservation, request.once)
        if request.once:  # looked at once more: whoever ended before had the key until now
            uow.idempotency_keys.acquire(request.once, at=reservation.created_at)
        uow.commit()
    return reservation


def _give_up(
    booking: Reservation,
    error: OrdersError,
    reservations: CatalogService | None,
    shipments: ShipmentService,
    *,
    uow: UnitOfWork,
    clock: Clock,
) -> None:
    failed = release(booking, reservations=reservations, shipments=shipments, uow=uow)
    with suppress(StoreUnavailable), uow:  # then the booking is released when it is due
        if failed:
            uow.reservations.postpone(booking, until=clock())
        elif isinstance(error, ServiceError):
            uow.reservations.postpone(booking, until=clock() + SECOND_LOOK)
        else:
            uow.reservations.delete(booking)
        uow.commit()
