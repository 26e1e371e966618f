"""Use case: place an order whose products or shipment partner services provide (a saga of reservations)."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import TypeAlias

from orders_domain.errors import OrdersError, ServiceError, ServiceRejected, ShippingAddressRejected, StoreUnavailable
from orders_domain.model import pricing
from orders_domain.model.access import OWNER_OR_ADMIN
from orders_domain.model.order import Order
from orders_domain.model.product import MAX_EXTERNAL_ID, Product, ProductId, quantities_by_product
from orders_domain.model.reservation import Reservation
from orders_domain.ports.catalog_service import CatalogService
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.shipment_service import ShipmentService
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders.place_reserved_order import PlaceReservedOrder
from orders_domain.use_cases.orders.place_shipped_order import PlaceShippedOrder
from orders_domain.use_cases.orders.release_reservations import release

PlaceReservedOrderFn: TypeAlias = Callable[[PlaceReservedOrder], Order]
"""The use case ``place_reserved_order`` with its ports bound; each call is one transaction, retried on its own."""

RECHECK_DELAY = timedelta(seconds=20)
"""The delay before a second release, because a service that timed out may still process the reservation late."""


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
    """Return the new order, with its products reserved and its shipment created (clauses 003-01 to 003-04).

    A reservation is stored before any service is called. The commit of the order confirms it. If a step fails, it is
    released immediately; if this process dies or a service does not respond, ``release_reservations`` releases it.

    Raises:
        AccessDenied: the order is for another user, and the actor is not an administrator.
        InsufficientStock: products have insufficient stock or are unknown.
        ServiceError: a service failed; no order is placed.
        ShippingAddressRejected: the shipment service rejected the address; no order is placed.
        ReservationLost: the reservation expired; no order is placed.
        InvalidValue: a value is invalid.
        DuplicateRequest: an order was placed with the same key.
        IdempotencyKeyReused: another request was processed with the same key.
        RequestInProgress: a request with the same key is in progress.
        StoreUnavailable: the store does not respond.
    """
    OWNER_OR_ADMIN.authorize_owner(request.actor, request.user_id)
    quantities = quantities_by_product(request.requested_items)
    products = _products(request, quantities, catalog_service, uow=uow, clock=clock)
    reservation = _start_reservation(request, quantities, uow=uow, clock=clock, new_id=new_id)
    try:
        if catalog_service:
            catalog_service.reserve(reservation, products)
        reservation = reservation.with_shipment_requested()
        try:
            reservation = reservation.with_shipment(shipment_service.create(reservation))
        except (ServiceRejected, ShippingAddressRejected):
            reservation = reservation.without_shipment()
            raise
        return place_reserved_order(
            PlaceReservedOrder(
                **request.shared_fields(),
                reservation=reservation,
                products=products,
                reserved=catalog_service is not None,
            )
        )
    except StoreUnavailable:
        raise  # the order may be stored: its commit confirmed the reservation, otherwise it is released when due
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
    """Return the products at current prices, after checking the idempotency key, the stock and the total."""
    with uow:
        if request.idempotency_key:
            uow.idempotency_keys.acquire(request.idempotency_key, at=clock())
        own_products = {} if catalog_service else uow.products.get_many(quantities)
    products = _external_products(catalog_service, quantities) if catalog_service else own_products
    pricing.ensure_in_stock(quantities, products)
    pricing.total_of(pricing.build_lines(quantities, products))
    return products


def _external_products(
    catalog_service: CatalogService, quantities: Mapping[ProductId, int]
) -> Mapping[ProductId, Product]:
    return catalog_service.get_products([product_id for product_id in quantities if product_id <= MAX_EXTERNAL_ID])


def _start_reservation(
    request: PlaceShippedOrder, quantities: Mapping[ProductId, int], *, uow: UnitOfWork, clock: Clock, new_id: NewId
) -> Reservation:
    with uow:
        reservation = Reservation.start(
            new_id(),
            number=uow.orders.reserve_number(),
            user_id=request.user_id,
            quantities=quantities,
            at=clock(),
            shipping_address=request.shipping_address,
        )
        uow.reservations.add(reservation, request.idempotency_key)
        if request.idempotency_key:  # checked again, because a request that held the key may have ended since
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
    with suppress(StoreUnavailable), uow:  # if the store is unavailable, the reservation is released when due
        if failed:
            uow.reservations.postpone(reservation, until=clock())
        elif isinstance(error, ServiceError):
            uow.reservations.postpone(reservation, until=clock() + RECHECK_DELAY)
        else:
            uow.reservations.delete(reservation)
        uow.commit()
