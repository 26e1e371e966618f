"""A Product Catalog Service and a Shipment Tracking Service, real servers on loopback that misbehave when told to."""

from tests.support.servers.services.catalogue import CatalogueService
from tests.support.servers.services.misbehaviour import Misbehaviour
from tests.support.servers.services.server import Address
from tests.support.servers.services.shipments import ShipmentService

__all__ = ["Address", "CatalogueService", "Misbehaviour", "ShipmentService"]
