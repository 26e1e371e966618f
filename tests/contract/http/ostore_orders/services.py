"""A service with an external catalog and external shipments, and the invariants of the three."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from orders_adapters.http.catalog_service import HttpCatalogService
from orders_adapters.http.shipment_service import HttpShipmentService
from orders_domain.use_cases import ReleaseResult, release_reservations
from tests.contract.http.ostore_orders.client import OStoreShopper, ostore_shopper
from tests.support.servers.services import CatalogueService, ShipmentService
from tests.support.servers.services.server import Service
from tests.support.service_stack import Stack

TEA, MILK = 501, 502
STEPS = ["GET product", "POST reservation", "POST shipment"]


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """The service under test, the two external services, and a customer."""

    stack: Stack
    catalogue: CatalogueService
    carrier: ShipmentService
    ann: OStoreShopper

    @classmethod
    def opened(cls, stack: Stack, catalogue: CatalogueService, carrier: ShipmentService) -> Elsewhere:
        """Create it: ten units of tea and five units of milk are in stock."""
        catalogue.stock(TEA, quantity=10, price=37.5, name="Tea of elsewhere")
        catalogue.stock(MILK, quantity=5, price=0.99, name="Milk of elsewhere")
        opened = cls(stack=stack, catalogue=catalogue, carrier=carrier, ann=ostore_shopper(stack))
        opened.end_pauses()
        return opened

    def end_pauses(self) -> None:
        """Close the circuits of the services, as after their pause of five seconds."""
        for service in (self.stack.container.catalog_service(), self.stack.container.shipment_service()):
            if isinstance(service, HttpCatalogService | HttpShipmentService):
                service._service._circuit.close()

    def serving(self, step: str) -> tuple[Service, str]:
        """The external service of a step, and the HTTP method of the request."""
        method, what = step.split()
        return (self.carrier if what == "shipment" else self.catalogue), method

    def settle(self, *, after: timedelta = timedelta(minutes=1)) -> None:
        """Run the release worker after the given time, and each minute later, until no reservation is due."""
        self.end_pauses()
        for minute in range(5):  # a service that answers late has to be asked again
            outcome = self._release(after + timedelta(minutes=minute))
            if outcome == ReleaseResult():
                return
        raise AssertionError(f"it does not settle: {outcome}")

    def settle_while_they_fail(self) -> None:
        """Run the release worker once while the external services fail."""
        assert self._release(timedelta(minutes=1)).failures

    def _release(self, later: timedelta) -> ReleaseResult:
        container = self.stack.container
        return release_reservations(
            uow=container.uow(),
            catalog_service=container.catalog_service(),
            shipment_service=container.shipment_service(),
            clock=lambda: datetime.now(UTC) + later,
        )

    def claim_everything(self) -> None:
        """Claim every reservation as another worker would, and do nothing with them."""
        now = datetime.now(UTC) + timedelta(minutes=1)
        with self.stack.container.uow() as uow:
            while uow.reservations.claim_due(now=now, until=now + timedelta(seconds=1)):
                pass
            uow.commit()

    def something_is_held(self) -> bool:
        return bool(self.catalogue.reservations or self.carrier.shipments)

    def orders(self) -> dict[str, str]:
        """The shipment id of each order that is neither cancelled nor deleted."""
        query = "SELECT id, shipment_id FROM orders WHERE status <> 'CANCELED' AND deleted_at IS NULL"
        return {str(UUID(str(order_id))): shipment_id for order_id, shipment_id in self.stack.rows(query)}

    def reservations(self) -> list[str]:
        """The states of all reservation rows."""
        return sorted(str(state) for (state,) in self.stack.rows("SELECT state FROM reservations"))

    def require_consistent(self) -> dict[str, str]:
        """Check that orders, reservations and shipments match one to one; return the orders."""
        orders = self.orders()
        assert {order_id: shipment_id for shipment_id, order_id in self.carrier.shipments.items()} == orders
        assert set(self.catalogue.reservations) == set(orders)
        assert self.reservations() == ["confirmed"] * len(orders)
        return orders

    def wants(self, *items: tuple[int, int], **others: Any) -> Any:
        """Request two units of tea and one of milk as Ann, or other items."""
        return self.ann.wants(*(items or ((TEA, 2), (MILK, 1))), **others)
