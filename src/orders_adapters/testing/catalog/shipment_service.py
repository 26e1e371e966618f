"""Contract of ShipmentService: one shipment for each order, which can be cancelled."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

import pytest

from orders_adapters.testing.catalog.catalog_service import MAX_SECONDS, TEA, new_reservation
from orders_adapters.testing.threads import at_once
from orders_domain.errors import ServiceError, ServiceRejected
from orders_domain.ports.shipment_service import ShipmentService


@dataclass(frozen=True, kw_only=True)
class ShipmentServiceHarness:
    """An adapter and the service of the carrier, without shipments.

    ``orders()`` returns the order of each shipment by its id. After ``reject()`` the service refuses every shipment,
    after ``fail()`` it answers each request with an error of its own, and after ``hang()`` it never answers.
    """

    service: ShipmentService
    orders: Callable[[], Mapping[str, UUID]]
    reject: Callable[[], None]
    fail: Callable[[], None]
    hang: Callable[[], None]


class ShipmentServiceTests:
    """Promises of every ``ShipmentService``, also of one without a carrier.

    A subclass has the fixture ``shipments``: an adapter (``ShipmentService``).
    """

    def test_shipment_is_created_once_per_order(self, shipments: ShipmentService) -> None:
        reservation, other = new_reservation({TEA: 3}), new_reservation({TEA: 3})

        shipment_id = shipments.create(reservation)

        assert shipments.create(replace(reservation, user_id="bob")) == shipment_id
        assert shipments.create(other) != shipment_id
        assert 1 <= len(shipment_id) <= 64

    def test_shipment_may_be_cancelled_twice(self, shipments: ShipmentService) -> None:
        shipment_id = shipments.create(new_reservation({TEA: 3}))

        for _ in range(2):
            shipments.cancel(shipment_id)


class RemoteShipmentServiceTests:
    """Promises of a ``ShipmentService`` that calls a carrier, besides ``ShipmentServiceTests``.

    A subclass has the fixture ``harness``: an adapter and its carrier (``ShipmentServiceHarness``).
    """

    def test_shipment_is_stored_at_the_carrier(self, harness: ShipmentServiceHarness) -> None:
        reservation = new_reservation({TEA: 3})

        ids = {harness.service.create(reservation) for _ in range(2)}

        assert harness.orders() == dict.fromkeys(ids, reservation.order_id)

    def test_cancellation_removes_one_shipment(self, harness: ShipmentServiceHarness) -> None:
        first, second = new_reservation({TEA: 3}), new_reservation({TEA: 3})
        cancelled, remaining = harness.service.create(first), harness.service.create(second)

        for _ in range(2):
            harness.service.cancel(cancelled)

        assert harness.orders() == {remaining: second.order_id}

    def test_rejected_shipment_does_not_exist(self, harness: ShipmentServiceHarness) -> None:
        harness.reject()

        with pytest.raises(ServiceRejected):
            harness.service.create(new_reservation({TEA: 3}))

        assert harness.orders() == {}

    @pytest.mark.parametrize("fault", ["fail", "hang"])
    def test_faulty_carrier_raises_within_seconds(self, harness: ShipmentServiceHarness, fault: str) -> None:
        getattr(harness, fault)()
        began = time.monotonic()

        results = at_once(
            lambda: harness.service.create(new_reservation({TEA: 3})), lambda: harness.service.cancel("SHIP-1")
        )

        assert [isinstance(result, ServiceError) for result in results] == [True, True]
        assert not any(isinstance(result, ServiceRejected) for result in results)
        assert time.monotonic() - began < MAX_SECONDS
