"""A Product Catalog Service and a Shipment Tracking Service, real servers on loopback that misbehave when told to."""

from tests.parts.services.catalogue import CatalogueService
from tests.parts.services.misbehaviour import Misbehaviour
from tests.parts.services.shipments import ShipmentService

__all__ = ["CatalogueService", "Misbehaviour", "ShipmentService"]
