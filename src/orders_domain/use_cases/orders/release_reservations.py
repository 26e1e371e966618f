"""Give up what other services hold for orders that do not exist, or exist no more."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from orders_domain.errors import OrderNotFound, ServiceError, ServiceRejected
from orders_domain.model.reservation import LEASE, Reservation
from orders_domain.ports.catalog_service import CatalogService
from orders_domain.ports.clock import Clock
from orders_domain.ports.shipment_service import ShipmentService
from orders_domain.ports.unit_of_work import UnitOfWork

RETRY_DELAY = timedelta(seconds=5)  # before the next attempt where a service did not answer


@dataclass(frozen=True, slots=True)
class ReleaseResult:
    """How many bookings were released, and why the others could not be, yet."""

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
    """Release the bookings that are due, at most so many; those of processes that died are among them (clause 003-04).

    Any number of workers may do so at once. One that dies in the middle leaves the rest to the next.

    Raises:
        StoreUnavailable: the store is away; what was released meanwhile will be released again, which is no harm.
    """
    released = 0
    failures: list[ServiceError] = []
    while released + len(failures) < limit and (reservation := _claimed(uow, clock)):
        failed = release(reservation, catalog_service=catalog_service, shipment_service=shipment_service, uow=uow)
        with uow:
            if failed:
                uow.reservations.postpone(reservation, until=clock() + RETRY_DELAY)
            else:
                uow.reservations.delete(reservation)
            uow.commit()
        failures += failed[:1]
        released += not failed
    return ReleaseResult(released, tuple(map(str, failures)))


def release(
    reservation: Reservation,
    *,
    catalog_service: CatalogService | None,
    shipment_service: ShipmentService,
    uow: UnitOfWork,
) -> list[ServiceError]:
    """Have every service give up what it holds; return what failed. A service that fails does not spare the others."""
    failures: list[ServiceError] = []
    try:
        if catalog_service:
            catalog_service.release(reservation.order_id)
    except ServiceError as failure:
        failures.append(failure)
    try:
        if reservation.shipment_requested:
            _cancel_shipment(reservation, shipment_service, uow)
    except ServiceError as failure:
        failures.append(failure)
    return failures


def _cancel_shipment(reservation: Reservation, shipment_service: ShipmentService, uow: UnitOfWork) -> None:
    """Cancel it under its id. Where that got lost, booking once more under the same order gives the same shipment."""
    try:
        shipment_id = reservation.shipment_id or shipment_service.create(reservation)
    except ServiceRejected:
        return
    if not _belongs_to_another_order(shipment_id, reservation, uow):
        shipment_service.cancel(shipment_id)


def _belongs_to_another_order(shipment_id: str, reservation: Reservation, uow: UnitOfWork) -> bool:
    """A service that gave one shipment to two orders must not make us take it from the one that has it."""
    with uow, suppress(OrderNotFound):
        return uow.orders.get_by_shipment_for_update(shipment_id).id != reservation.order_id
    return False


def _claimed(uow: UnitOfWork, clock: Clock) -> Reservation | None:
    now = clock()
    with uow:
        reservation = uow.reservations.claim_due(now=now, until=now + LEASE)
        uow.commit()
    return reservation
