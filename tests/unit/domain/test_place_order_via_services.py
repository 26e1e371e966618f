"""Placing an order through other services, on the memory adapters: the calls, and the cleanup after a failure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from orders_adapters.memory.unit_of_work import InMemoryUnitOfWork
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
from orders_domain.model.product import Product, ProductId, RequestedItem
from orders_domain.model.reservation import LEASE, Reservation, ReservationState
from orders_domain.use_cases import (
    PlaceReservedOrder,
    PlaceShippedOrder,
    ReleaseResult,
    place_order_via_services,
    place_reserved_order,
    release_reservations,
)
from orders_domain.use_cases.background.release_reservations import RETRY_DELAY
from orders_domain.use_cases.orders.place_order_via_services import RECHECK_DELAY
from tests.support.examples import ADA, GRACE, Clock, new_id
from tests.support.use_cases import Shop
from tests.unit.domain.test_failed_commit import FailsOnce

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
        return {product_id: TEA for product_id in product_ids if product_id == TEA.id}

    def reserve(self, reservation: Reservation, products: Mapping[ProductId, Product]) -> None:
        self._call("reserve")
        self.reserved[reservation.order_id] = reservation.quantities

    def release(self, order_id: UUID) -> None:
        self._call("release")
        self.reserved.pop(order_id, None)

    def create(self, reservation: Reservation) -> str:
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
class Trade:
    """The shop, the services and a clock."""

    shop: Shop = field(default_factory=Shop)
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
            uow=self.shop.uow,
            place_reserved_order=self.place,
            clock=self.clock,
            new_id=new_id,
        )

    def place(self, request: PlaceReservedOrder) -> Order:
        return place_reserved_order(request, uow=self.shop.uow, clock=self.clock)

    def release(self) -> ReleaseResult:
        return release_reservations(
            uow=self.shop.uow, catalog_service=self.services, shipment_service=self.services, clock=self.clock
        )

    def states(self) -> list[ReservationState]:
        return [reservation.state for reservation in self.shop.store.reservations.values()]

    def nothing_is_left(self) -> bool:
        return not (
            self.services.reserved or self.services.shipped or self.shop.store.reservations or self.shop.store.orders
        )


@pytest.fixture
def trade() -> Trade:
    return Trade()


def failed() -> ServiceError:
    return ServiceInternalError("service", "answers 500")


def test_order_has_its_reservation_and_shipment(trade: Trade) -> None:
    order = trade.ship()

    assert trade.services.reserved == {order.id: {7: 3}}
    assert trade.services.shipped == {order.shipment_id: order.id}
    assert (trade.states(), order.total) == ([ReservationState.CONFIRMED], Money(750, "USD"))
    trade.clock.advance(10**6)
    assert trade.release() == ReleaseResult()


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
    trade: Trade, changes: dict[str, Any], error: type[OrdersError]
) -> None:
    with pytest.raises(error):
        trade.ship(**changes)

    assert set(trade.services.calls) <= {"named"}
    assert trade.nothing_is_left()


def test_reservation_is_stored_before_any_call(trade: Trade) -> None:
    noted = []
    trade.services.meanwhile = lambda: noted.extend(trade.states())

    trade.ship()

    assert noted == [ReservationState.PENDING]


@pytest.mark.parametrize("call", ["reserve", "book"])
def test_failure_is_undone_and_checked_again(trade: Trade, call: str) -> None:
    trade.services.fails[call] = failed()
    trade.services.meanwhile = lambda: None

    with pytest.raises(ServiceInternalError):
        trade.ship()

    assert trade.services.reserved == {}
    trade.services.fails.clear()
    trade.clock.advance(RECHECK_DELAY.total_seconds() + RETRY_DELAY.total_seconds())
    assert trade.release() == ReleaseResult(released=1)
    assert trade.nothing_is_left()


def test_failed_reserve_requests_no_shipment(trade: Trade) -> None:
    trade.services.fails["reserve"] = failed()

    with pytest.raises(ServiceInternalError):
        trade.ship()

    assert "book" not in trade.services.calls


def test_catalog_shortage_leaves_no_reservation(trade: Trade) -> None:
    trade.services.fails["reserve"] = InsufficientStock(())

    with pytest.raises(InsufficientStock):
        trade.ship()

    assert trade.nothing_is_left()


def test_failed_release_still_cancels_shipment(trade: Trade) -> None:
    trade.services.fails |= {"release": failed()}
    trade.services.meanwhile = lambda: trade.shop.store.reservations.clear()  # so that the order cannot be stored

    with pytest.raises(ReservationLost):
        trade.ship()

    assert (len(trade.services.reserved), trade.services.shipped) == (1, {})


def test_failed_release_is_retried_after_delay(trade: Trade) -> None:
    trade.services.fails |= {"book": failed(), "release": failed()}
    with pytest.raises(ServiceInternalError):
        trade.ship()

    outcome = trade.release()
    assert (outcome.released, len(outcome.failures)) == (0, 1)
    assert trade.release() == ReleaseResult()
    trade.services.fails.clear()
    trade.clock.advance(RETRY_DELAY.total_seconds())
    assert trade.release() == ReleaseResult(released=1)
    assert trade.nothing_is_left()


def test_lost_reservation_places_no_order(trade: Trade) -> None:
    def overtake() -> None:
        trade.services.meanwhile = lambda: None
        trade.clock.advance(LEASE.total_seconds())
        assert trade.release() == ReleaseResult(released=1)

    trade.services.meanwhile = overtake

    with pytest.raises(ReservationLost):
        trade.ship()

    assert trade.nothing_is_left()


def test_unknown_commit_outcome_waits_for_due_time(trade: Trade) -> None:
    trade.shop.uow = failing = FailsOnce(trade.shop.store)

    def fail_at_the_next_commit() -> None:
        failing.failure = StoreUnavailable("gone")

    trade.services.meanwhile = fail_at_the_next_commit

    with pytest.raises(StoreUnavailable):
        trade.ship()

    assert "cancel" not in trade.services.calls
    assert "release" not in trade.services.calls
    assert trade.release() == ReleaseResult()
    trade.clock.advance(LEASE.total_seconds())
    trade.services.meanwhile = lambda: None
    assert trade.release() == ReleaseResult(released=1)
    assert trade.nothing_is_left()


def test_order_stored_before_outage_is_confirmed(trade: Trade) -> None:
    class GoneAfterwards(InMemoryUnitOfWork):
        def commit(self) -> None:
            stored = bool(self.orders._orders)
            super().commit()
            if stored:
                raise StoreUnavailable("gone")

    trade.shop.uow = GoneAfterwards(trade.shop.store)

    with pytest.raises(StoreUnavailable):
        trade.ship()

    trade.clock.advance(10**6)
    assert trade.release() == ReleaseResult()
    assert (trade.states(), len(trade.services.reserved), len(trade.services.shipped)) == (
        [ReservationState.CONFIRMED],
        1,
        1,
    )


def test_rejected_shipment_is_not_cancelled(trade: Trade) -> None:
    trade.services.fails["book"] = ServiceRejected("service", "refuses")

    with pytest.raises(ServiceRejected):
        trade.ship()
    trade.clock.advance(timedelta(minutes=1).total_seconds())

    assert trade.release() == ReleaseResult(released=1)
    assert "cancel" not in trade.services.calls


def test_worker_respects_its_limit(trade: Trade) -> None:
    trade.services.fails["book"] = failed()
    for _ in range(3):
        with pytest.raises(ServiceInternalError):
            trade.ship()
    trade.services.fails.clear()
    trade.clock.advance(timedelta(minutes=1).total_seconds())

    outcomes = [
        release_reservations(
            uow=trade.shop.uow,
            catalog_service=trade.services,
            shipment_service=trade.services,
            clock=trade.clock,
            limit=2,
        ).released
        for _ in range(3)
    ]

    assert outcomes == [2, 1, 0]
