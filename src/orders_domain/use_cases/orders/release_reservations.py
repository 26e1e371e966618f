"""Use case: release reservations at partner services if the order is missing, cancelled or deleted."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from orders_domain.errors import (
    OrderNotFound,
    ServiceError,
    ServiceRejected,
    ShippingAddressRejected,
    StoreUnavailable,
)
from orders_domain.model.reservation import LEASE, Reservation
from orders_domain.ports.catalog_service import CatalogService
from orders_domain.ports.clock import Clock
from orders_domain.ports.shipment_service import ShipmentService
from orders_domain.ports.unit_of_work import UnitOfWork

RETRY_DELAY = timedelta(seconds=5)  # before the next attempt after a service failed


@dataclass(frozen=True, slots=True)
class ReleaseResult:
    """The number of reservations released, and the errors of those that will be retried."""

    released: int = 0
    failures: tuple[str, ...] = ()


def release_reservations(
    *,
    uow: UnitOfWork,
    catalog_service: CatalogService | None,
    shipment_service: ShipmentService,
    clock: Clock,
    limit: int = 10,
) -> ReleaseResult:
    """Release at most ``limit`` due reservations, including those of processes that died (clause 003-04).

    Workers may run concurrently. If a worker dies, another one retries its reservation when the lease expires.

    Raises:
        StoreUnavailable: the store is unavailable; releases may be repeated, because they are idempotent.
    """
    released = 0
    failures: list[ServiceError] = []
    while released + len(failures) < limit and (reservation := _claim_due(uow, clock)):
        errors = release(reservation, catalog_service=catalog_service, shipment_service=shipment_service, uow=uow)
        with uow:
            if errors:
                uow.reservations.postpone(reservation, until=clock() + RETRY_DELAY)
            else:
                uow.reservations.delete(reservation)
            uow.commit()
        failures += errors[:1]
        released += not errors
    return ReleaseResult(released, tuple(map(str, failures)))


def release(
    reservation: Reservation,
    *,
    catalog_service: CatalogService | None,
    shipment_service: ShipmentService,
    uow: UnitOfWork,
) -> list[ServiceError]:
    """Release the reservation at every service, even if one fails; return the errors."""
    errors: list[ServiceError] = []
    try:
        if catalog_service:
            catalog_service.release(reservation.order_id)
    except ServiceError as error:
        errors.append(error)
    try:
        if reservation.shipment_requested:
            _cancel_shipment(reservation, shipment_service, uow)
    except ServiceError as error:
        errors.append(error)
    return errors


def _cancel_shipment(reservation: Reservation, shipment_service: ShipmentService, uow: UnitOfWork) -> None:
    """Cancel the shipment. If its id is unknown, ``create`` returns it, because that call is idempotent per order."""
    try:
        shipment_id = reservation.shipment_id or shipment_service.create(reservation)
    except (ServiceRejected, ShippingAddressRejected):
        return
    if not _belongs_to_another_order(shipment_id, reservation, uow):
        shipment_service.cancel(shipment_id)


def _belongs_to_another_order(shipment_id: str, reservation: Reservation, uow: UnitOfWork) -> bool:
    """Guard against a service that returned the same shipment for two orders: the stored order must not lose it."""
    with uow, suppress(OrderNotFound):
        return uow.orders.get_by_shipment_for_update(shipment_id).id != reservation.order_id
    return False


def _claim_due(uow: UnitOfWork, clock: Clock) -> Reservation | None:
    """Claim the reservation due longest; one that cannot be read is claimed as well, so that the others are next.

    Raises:
        Exception: it cannot be read.
    """
    now = clock()
    with uow:
        try:
            reservation = uow.reservations.claim_due(now=now, until=now + LEASE)
        except StoreUnavailable:
            raise
        except Exception:
            uow.commit()
            raise
        uow.commit()
    return reservation
