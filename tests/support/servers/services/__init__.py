"""External services for tests: a Product Catalog Service and a Shipment Tracking Service that fail on request."""

from tests.support.servers.services.catalogue import CatalogueService
from tests.support.servers.services.misbehaviour import Misbehaviour
from tests.support.servers.services.server import Address
from tests.support.servers.services.shipments import ShipmentService

__all__ = ["Address", "CatalogueService", "Misbehaviour", "ShipmentService"]
