"""Placing an order through other services, on the memory adapters: the calls, and the cleanup after a failure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from orders_adapters.memory.unit_of_work import InMemoryUnitOfWork
from orders_adapters.testing.examples import ADA, GRACE, Clock, new_id
from orders_domain import Money, Order
from orders_domain.errors import (
    AccessDenied,
    InsufficientStock,
    InvalidValue,
    OrdersError,
    ReservationLost,
    ServiceError,
    ServiceInternalError,
    ServiceRejected,
    StoreUnavailable,
)
from orders_domain.model.product import MAX_EXTERNAL_ID, Product, ProductId, RequestedItem
from orders_domain.model.reservation import LEASE, Reservation, ReservationState
from orders_domain.use_cases import (
    PlaceReservedOrder,
    PlaceShippedOrder,
    ReleaseResult,
    place_order_via_services,
    place_reserved_order,
    release_reservations,
)
from orders_domain.use_cases.orders.place_order_via_services import RECHECK_DELAY
from orders_domain.use_cases.orders.release_reservations import RETRY_DELAY
from tests.support.shop import InMemoryShop
from tests.unit.domain.use_cases.test_failed_commit import FailsFirst

KNOWN_IDS = (7, MAX_EXTERNAL_ID, MAX_EXTERNAL_ID + 1)
TEA = Product(id=7, sku="remote:7", name="Tea", price=Money(250, "USD"), stock=10)


@dataclass
class Services:
    """Both services; ``fails`` holds errors by call, and ``meanwhile`` runs while a shipment is created."""

    reserved: dict[UUID, Mapping[ProductId, int]] = field(default_factory=dict)
    shipped: dict[str, UUID] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    fails: dict[str, OrdersError] = field(default_factory=dict)
    meanwhile: Callable[[], object] = lambda: None

    def get_products(self, product_ids: Collection[ProductId]) -> Mapping[ProductId, Product]:
        self._call("named")
        return {product_id: replace(TEA, id=product_id) for product_id in product_ids if product_id in KNOWN_IDS}

    def reserve(self, reservation: Reservation, products: Mapping[ProductId, Product]) -> None:
        self._call("reserve")
        self.reserved[reservation.order_id] = reservation.quantities

    def release(self, order_id: UUID) -> None:
        self._call("release")
        self.reserved.pop(order_id, None)

    def create(self, reservation: Reservation, *, shipping_address: str | None = None) -> str:
        self._call("book")
        self.meanwhile()
        self.shipped[f"SHIP-{reservation.order_id}"] = reservation.order_id
        return f"SHIP-{reservation.order_id}"

    def cancel(self, shipment_id: str) -> None:
        self._call("cancel")
        self.shipped.pop(shipment_id, None)

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if name in self.fails:
            raise self.fails[name]


@dataclass
class ServicePlacement:
    """The shop, the services and a clock."""

    shop: InMemoryShop = field(default_factory=InMemoryShop)
    services: Services = field(default_factory=Services)

    @property
    def clock(self) -> Clock:
        return self.shop.clock

    def ship(self, **changes: Any) -> Order:
        request = PlaceShippedOrder(
            actor=ADA, user_id="ada", requested_items=(RequestedItem(product_id=7, quantity=3),)
        )
        return place_order_via_services(
            replace(request, **changes),
            catalog_service=self.services,
            shipment_service=self.services,
            uow=self.shop.unit_of_work(),
            place_reserved_order=self.place,
            clock=self.clock,
            new_id=new_id,
        )

    def place(self, request: PlaceReservedOrder) -> Order:
        return place_reserved_order(
            request, expire_after=timedelta(hours=1), uow=self.shop.unit_of_work(), clock=self.clock
        )

    def release(self) -> ReleaseResult:
        return release_reservations(
            uow=self.shop.unit_of_work(),
            catalog_service=self.services,
            shipment_service=self.services,
            clock=self.clock,
        )

    def states(self) -> list[ReservationState]:
        return [reservation.state for reservation in self.shop.store.reservations.values()]

    def nothing_is_left(self) -> bool:
        return not (
            self.services.reserved or self.services.shipped or self.shop.store.reservations or self.shop.store.orders
        )


@pytest.fixture
def placement() -> ServicePlacement:
    return ServicePlacement()


def failed() -> ServiceError:
    return ServiceInternalError("service", "answers 500")


def test_order_has_its_reservation_and_shipment(placement: ServicePlacement) -> None:
    order = placement.ship()

    assert placement.services.reserved == {order.id: {7: 3}}
    assert placement.services.shipped == {order.shipment_id: order.id}
    assert (placement.states(), order.total) == ([ReservationState.CONFIRMED], Money(750, "USD"))
    assert order.life.expires_at == order.created_at + timedelta(hours=1)
    placement.clock.advance(10**6)
    assert placement.release() == ReleaseResult()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"user_id": "grace"}, AccessDenied),
        ({"actor": GRACE}, AccessDenied),
        ({"requested_items": ()}, InvalidValue),
        ({"requested_items": (RequestedItem(product_id=7, quantity=11),)}, InsufficientStock),
        ({"requested_items": (RequestedItem(product_id=8, quantity=1),)}, InsufficientStock),
    ],
)
def test_invalid_order_is_rejected_before_any_call(
    placement: ServicePlacement, changes: dict[str, Any], error: type[OrdersError]
) -> None:
    with pytest.raises(error):
        placement.ship(**changes)

    assert set(placement.services.calls) <= {"named"}
    assert placement.nothing_is_left()


def test_reservation_is_stored_before_any_call(placement: ServicePlacement) -> None:
    noted = []
    placement.services.meanwhile = lambda: noted.extend(placement.states())

    placement.ship()

    assert noted == [ReservationState.PENDING]


@pytest.mark.parametrize("call", ["reserve", "book"])
def test_failure_is_undone_and_checked_again(placement: ServicePlacement, call: str) -> None:
    placement.services.fails[call] = failed()
    placement.services.meanwhile = lambda: None

    with pytest.raises(ServiceInternalError):
        placement.ship()

    assert placement.services.reserved == {}
    placement.services.fails.clear()
    placement.clock.advance(RECHECK_DELAY.total_seconds() + RETRY_DELAY.total_seconds())
    assert placement.release() == ReleaseResult(released=1)
    assert placement.nothing_is_left()


def test_release_is_repeated_after_20_seconds(placement: ServicePlacement) -> None:
    placement.services.fails["reserve"] = failed()
    with pytest.raises(ServiceInternalError):
        placement.ship()
    placement.services.fails.clear()

    placement.clock.advance(19.9)
    assert placement.release() == ReleaseResult()
    placement.clock.advance(0.1)
    assert placement.release() == ReleaseResult(released=1)


def test_failed_reserve_requests_no_shipment(placement: ServicePlacement) -> None:
    placement.services.fails["reserve"] = failed()

    with pytest.raises(ServiceInternalError):
        placement.ship()

    assert "book" not in placement.services.calls


def test_catalog_shortage_leaves_no_reservation(placement: ServicePlacement) -> None:
    placement.services.fails["reserve"] = InsufficientStock(())

    with pytest.raises(InsufficientStock):
        placement.ship()

    assert placement.nothing_is_left()


def test_failed_release_still_cancels_shipment(placement: ServicePlacement) -> None:
    placement.services.fails |= {"release": failed()}
    placement.services.meanwhile = placement.shop.store.reservations.clear  # so that the order cannot be stored

    with pytest.raises(ReservationLost):
        placement.ship()

    assert (len(placement.services.reserved), placement.services.shipped) == (1, {})


def test_failed_release_is_retried_after_delay(placement: ServicePlacement) -> None:
    placement.services.fails |= {"book": failed(), "release": failed()}
    with pytest.raises(ServiceInternalError):
        placement.ship()

    outcome = placement.release()
    assert (outcome.released, len(outcome.failures)) == (0, 1)
    assert placement.release() == ReleaseResult()
    placement.services.fails.clear()
    placement.clock.advance(RETRY_DELAY.total_seconds())
    assert placement.release() == ReleaseResult(released=1)
    assert placement.nothing_is_left()


def test_lost_reservation_places_no_order(placement: ServicePlacement) -> None:
    def overtake() -> None:
        placement.services.meanwhile = lambda: None
        placement.clock.advance(LEASE.total_seconds())
        assert placement.release() == ReleaseResult(released=1)

    placement.services.meanwhile = overtake

    with pytest.raises(ReservationLost):
        placement.ship()

    assert placement.nothing_is_left()


def test_unknown_commit_outcome_waits_for_due_time(placement: ServicePlacement) -> None:
    failing = FailsFirst(placement.shop.store)
    placement.shop.unit_of_work = lambda: failing

    def fail_at_the_next_commit() -> None:
        failing.failure = StoreUnavailable("gone")

    placement.services.meanwhile = fail_at_the_next_commit

    with pytest.raises(StoreUnavailable):
        placement.ship()

    assert "cancel" not in placement.services.calls
    assert "release" not in placement.services.calls
    assert placement.release() == ReleaseResult()
    placement.clock.advance(LEASE.total_seconds())
    placement.services.meanwhile = lambda: None
    assert placement.release() == ReleaseResult(released=1)
    assert placement.nothing_is_left()


def test_order_stored_before_outage_is_confirmed(placement: ServicePlacement) -> None:
    class GoneAfterwards(InMemoryUnitOfWork):
        def commit(self) -> None:
            stored = bool(self.orders._orders)
            super().commit()
            if stored:
                raise StoreUnavailable("gone")

    placement.shop.unit_of_work = lambda: GoneAfterwards(placement.shop.store)

    with pytest.raises(StoreUnavailable):
        placement.ship()

    placement.clock.advance(10**6)
    assert placement.release() == ReleaseResult()
    assert (placement.states(), len(placement.services.reserved), len(placement.services.shipped)) == (
        [ReservationState.CONFIRMED],
        1,
        1,
    )


def test_rejected_shipment_is_not_cancelled(placement: ServicePlacement) -> None:
    placement.services.fails["book"] = ServiceRejected("service", "refuses")

    with pytest.raises(ServiceRejected):
        placement.ship()
    placement.clock.advance(timedelta(minutes=1).total_seconds())

    assert placement.release() == ReleaseResult(released=1)
    assert "cancel" not in placement.services.calls


def test_worker_respects_its_limit(placement: ServicePlacement) -> None:
    placement.services.fails["book"] = failed()
    for _ in range(3):
        with pytest.raises(ServiceInternalError):
            placement.ship()
    placement.services.fails.clear()
    placement.clock.advance(timedelta(minutes=1).total_seconds())

    outcomes = [
        release_reservations(
            uow=placement.shop.unit_of_work(),
            catalog_service=placement.services,
            shipment_service=placement.services,
            clock=placement.clock,
            limit=2,
        ).released
        for _ in range(3)
    ]

    assert outcomes == [2, 1, 0]


def test_id_beyond_those_of_own_products_is_unknown() -> None:
    placement = ServicePlacement()

    with pytest.raises(InsufficientStock) as refused:
        placement.ship(requested_items=(RequestedItem(product_id=MAX_EXTERNAL_ID + 1, quantity=1),))

    assert [shortage.available for shortage in refused.value.shortages] == [0]
    assert placement.services.reserved == {}
    assert placement.ship(requested_items=(RequestedItem(product_id=MAX_EXTERNAL_ID, quantity=1),)).lines
