"""A shop whose products and shipments are other services', and what must be true of the three together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from orders_domain.use_cases import ReleaseResult, release_reservations
from tests.contract.http.ostore_orders.client import OStoreShopper, ostore_shopper
from tests.support.servers.services import CatalogueService, ShipmentService
from tests.support.servers.services.server import Service
from tests.support.service_stack import Stack

TEA, MILK = 501, 502
STEPS = ["GET product", "POST reservation", "POST shipment"]


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """The shop, the services, and a customer."""

    stack: Stack
    catalogue: CatalogueService
    carrier: ShipmentService
    ann: OStoreShopper

    @classmethod
    def opened(cls, stack: Stack, catalogue: CatalogueService, carrier: ShipmentService) -> Elsewhere:
        """Open it: ten of tea and five of milk are to be had."""
        catalogue.stock(TEA, quantity=10, price=37.5, name="Tea of elsewhere")
        catalogue.stock(MILK, quantity=5, price=0.99, name="Milk of elsewhere")
        return cls(stack=stack, catalogue=catalogue, carrier=carrier, ann=ostore_shopper(stack))

    def serving(self, step: str) -> tuple[Service, str]:
        """The service that takes a step of an order, and the method of its request."""
        method, what = step.split()
        return (self.carrier if what == "shipment" else self.catalogue), method

    def settle(self, *, after: timedelta = timedelta(minutes=1)) -> None:
        """Do what the worker does, when so much time has gone by, until nothing is due."""
        container = self.stack.container
        for _ in range(5):
            outcome = release_reservations(
                uow=container.uow(),
                catalog_service=container.catalog_service(),
                shipment_service=container.shipment_service(),
                clock=lambda: datetime.now(UTC) + after,
            )
            if outcome == ReleaseResult():
                return
        raise AssertionError(f"it does not settle: {outcome}")

    def settle_while_they_fail(self) -> None:
        """Do once what the worker does; the services do not do their part."""
        container = self.stack.container
        outcome = release_reservations(
            uow=container.uow(),
            catalog_service=container.catalog_service(),
            shipment_service=container.shipment_service(),
            clock=lambda: datetime.now(UTC) + timedelta(minutes=1),
        )
        assert outcome.failures

    def claim_everything(self) -> None:
        """Be a worker that takes every booking over, and then does nothing."""
        now = datetime.now(UTC) + timedelta(minutes=1)
        with self.stack.container.uow() as uow:
            while uow.reservations.claim_due(now=now, until=now + timedelta(seconds=1)):
                pass
            uow.commit()

    def something_is_held(self) -> bool:
        return bool(self.catalogue.reservations or self.carrier.shipments)

    def orders(self) -> dict[str, str]:
        """The shipment of each order that needs one: of those that are neither cancelled nor deleted."""
        query = "SELECT id, shipment_id FROM orders WHERE status <> 'CANCELED' AND deleted_at IS NULL"
        return {str(UUID(str(order_id))): shipment_id for order_id, shipment_id in self.stack.rows(query)}

    def bookings(self) -> list[str]:
        """The states of all that is noted of services."""
        return sorted(str(state) for (state,) in self.stack.rows("SELECT state FROM bookings"))

    def require_whole(self) -> dict[str, str]:
        """No order without its reservation and its shipment, and none of these without an order; return the orders."""
        orders = self.orders()
        assert {order_id: shipment_id for shipment_id, order_id in self.carrier.shipments.items()} == orders
        assert set(self.catalogue.reservations) == set(orders)
        assert self.bookings() == ["kept"] * len(orders)
        return orders

    def wants(self, *items: tuple[int, int], **others: Any) -> Any:
        """Ask, as Ann, for two of tea and one of milk, or for other items."""
        return self.ann.wants(*(items or ((TEA, 2), (MILK, 1))), **others)
