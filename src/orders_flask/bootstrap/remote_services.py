"""Other services: where an order's products are, and who ships them; by default we do both."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from orders_adapters.system.local_shipments import Desk
from orders_domain.model.order import Order
from orders_domain.use_cases import ShipProducts
from orders_flask.bootstrap.components import Services, blamed_on, well
from orders_flask.settings import Settings


def services(settings: Settings) -> Services:
    if not settings.services:
        return Services(reservations=None, shipments=Desk())
    from orders_adapters.http.catalog_service import Reservations
    from orders_adapters.http.shipment_service import Shipments

    catalogue, carrier = settings.catalog_service_url, settings.shipment_service_url
    with blamed_on("CATALOG_SERVICE_URL"):
        theirs = Reservations(catalogue, currency=settings.default_currency) if catalogue else None
    with blamed_on("SHIPMENT_SERVICE_URL"):
        carriers = Shipments(carrier) if carrier else None
    asked = {"catalogue": theirs, "shipments": carriers}
    checks = {name: partial(well, service.ping) for name, service in asked.items() if service}
    return Services(reservations=theirs, shipments=carriers or Desk(), checks=checks)


def shipping(
    settings: Settings, *, ours: Callable[[ShipProducts], Order], through_services: Callable[[ShipProducts], Order]
) -> Callable[[ShipProducts], Order]:
    """Return the use case that orders and ships: where all is ours, it is one transaction."""
    return through_services if settings.services else ours
