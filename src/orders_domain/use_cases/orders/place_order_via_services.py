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
from orders_domain.use_cases.orders.place_reserved_order import PlaceReservedOrder
from orders_domain.use_cases.orders.place_shipped_order import PlaceShippedOrder
from orders_domain.use_cases.orders.release_reservations import release

PlaceReservedOrderFn: TypeAlias = Callable[[PlaceReservedOrder], Order]
"""The use case ``place_reserved_order`` with its ports: one transaction, to be run again by itself."""

RECHECK_DELAY = timedelta(seconds=20)
"""A service that did not answer in time may do late what it was asked: it is told once more to give it up."""


def place_order_via_services(
    request: PlaceShippedOrder,
    *,
    catalog_service: CatalogService | None,
    shipment_service: ShipmentService,
    uow: UnitOfWork,
    place_reserved_order: PlaceReservedOrderFn,
    clock: Clock,
    new_id: NewId,
) -> Order:
    """Return the new order; all of it is there, or nothing, here and at the services (clauses 003-01 to 003-04).

    A booking is stored before a service is asked for anything. The commit of the order keeps it; else it is released:
    here and now, or, where this process dies or a service does not answer, by ``release_reservations``.

    Raises:
        AccessDenied: for somebody else, by somebody who is no administrator.
        InsufficientStock: products are short or unknown: all of those are named.
        ServiceError: a service did not do its part; nothing is placed.
        ReservationLost: it took too long; nothing is placed.
        Refused, DuplicateRequest, IdempotencyKeyReused, RequestInProgress, StoreUnavailable: see
        ``place_reserved_order``.
    """
    OWNER_OR_ADMIN.authorize_owner(request.actor, request.user_id)
    wanted = quantities_by_product(request.requested_items)
    products = _products(request, wanted, catalog_service, uow=uow, clock=clock)
    reservation = _start_reservation(request, wanted, uow=uow, clock=clock, new_id=new_id)
    try:
        if catalog_service:
            catalog_service.reserve(reservation, products)
        reservation = reservation.with_shipment_requested()
        reservation = reservation.with_shipment(shipment_service.create(reservation))
        return place_reserved_order(
            PlaceReservedOrder(
                actor=request.actor,
                reservation=reservation,
                products=products,
                reserved=catalog_service is not None,
                idempotency_key=request.idempotency_key,
            )
        )
    except StoreUnavailable:
        raise  # whether the order is stored is unknown: the booking is kept with it, or is released when it is due
    except OrdersError as error:
        _release_or_postpone(reservation, error, catalog_service, shipment_service, uow=uow, clock=clock)
        raise


def _products(
    request: PlaceShippedOrder,
    quantities: Mapping[ProductId, int],
    catalog_service: CatalogService | None,
    *,
    uow: UnitOfWork,
    clock: Clock,
) -> Mapping[ProductId, Product]:
    """What is wanted, at the prices of this moment; a request that was done before ends here."""
    with uow:
        if request.idempotency_key:
            uow.idempotency_keys.acquire(request.idempotency_key, at=clock())
        ours = {} if catalog_service else uow.products.get_many(quantities)
    products = catalog_service.get_products(quantities) if catalog_service else ours
    pricing.ensure_in_stock(quantities, products)
    pricing.total_of(pricing.build_lines(quantities, products))
    return products


def _start_reservation(
    request: PlaceShippedOrder, quantities: Mapping[ProductId, int], *, uow: UnitOfWork, clock: Clock, new_id: NewId
) -> Reservation:
    reservation = Reservation.start(new_id(), user_id=request.user_id, quantities=quantities, at=clock())
    with uow:
        uow.reservations.add(reservation, request.idempotency_key)
        if request.idempotency_key:  # looked at once more: whoever ended before had the key until now
            uow.idempotency_keys.acquire(request.idempotency_key, at=reservation.created_at)
        uow.commit()
    return reservation


def _release_or_postpone(
    reservation: Reservation,
    error: OrdersError,
    catalog_service: CatalogService | None,
    shipment_service: ShipmentService,
    *,
    uow: UnitOfWork,
    clock: Clock,
) -> None:
    failed = release(reservation, catalog_service=catalog_service, shipment_service=shipment_service, uow=uow)
    with suppress(StoreUnavailable), uow:  # then the booking is released when it is due
        if failed:
            uow.reservations.postpone(reservation, until=clock())
        elif isinstance(error, ServiceError):
            uow.reservations.postpone(reservation, until=clock() + RECHECK_DELAY)
        else:
            uow.reservations.delete(reservation)
        uow.commit()
