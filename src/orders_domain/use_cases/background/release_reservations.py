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

PAUSE = timedelta(seconds=5)  # before the next attempt where a service did not answer


@dataclass(frozen=True, slots=True)
class Released:
    """How many bookings were released, and why the others could not be, yet."""

    released: int = 0
    failures: tuple[str, ...] = ()


def release_bookings(
    *,
    uow: UnitOfWork,
    reservations: CatalogService | None,
    shipments: ShipmentService,
    clock: Clock,
    limit: int = 10,
) -> Released:
    """Release the bookings that are due, at most so many; those of processes that died are among them (clause 003-04).

    Any number of workers may do so at once. One that dies in the middle leaves the rest to the next.

    Raises:
        StoreUnavailable: the store is away; what was released meanwhile will be released again, which is no harm.
    """
    released = 0
    failures: list[ServiceError] = []
    while released + len(failures) < limit and (reservation := _claimed(uow, clock)):
        failed = release(reservation, reservations=reservations, shipments=shipments, uow=uow)
        with uow:
            if failed:
                uow.reservations.postpone(reservation, until=clock() + PAUSE)
            else:
                uow.reservations.delete(reservation)
            uow.commit()
        failures += failed[:1]
        released += not failed
    return Released(released, tuple(map(str, failures)))


def release(
    booking: Reservation, *, reservations: CatalogService | None, shipments: ShipmentService, uow: UnitOfWork
) -> list[ServiceError]:
    """Have every service give up what it holds; return what failed. A service that fails does not spare the others."""
    failures: list[ServiceError] = []
    try:
        if reservations:
            reservations.release(booking.order_id)
    except ServiceError as failure:
        failures.append(failure)
    try:
        if booking.shipment_requested:
            _cancel_shipment(booking, shipments, uow)
    except ServiceError as failure:
        failures.append(failure)
    return failures


def _cancel_shipment(booking: Reservation, shipments: ShipmentService, uow: UnitOfWork) -> None:
    """Cancel it under its id. Where that got lost, booking once more under the same order gives the same shipment."""
    try:
        shipment_id = booking.shipment_id or shipments.create(booking)
    except ServiceRejected:
        return
    if not _is_another_s(shipment_id, booking, uow):
        shipments.cancel(shipment_id)


def _is_another_s(shipment_id: str, booking: Reservation, uow: UnitOfWork) -> bool:
    """A service that gave one shipment to two orders must not make us take it from the one that has it."""
    with uow, suppress(OrderNotFound):
        return uow.orders.get_by_shipment_for_update(shipment_id).id != booking.order_id
    return False


def _claimed(uow: UnitOfWork, clock: Clock) -> Reservation | None:
    now = clock()
    with uow:
        reservation = uow.reservations.claim_due(now=now, until=now + LEASE)
        uow.commit()
    return reservation
