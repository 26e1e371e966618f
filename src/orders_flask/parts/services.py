"""Other services: where an order's products are, and who ships them; by default we do both."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from orders_adapters.system.desk import Desk
from orders_domain.order import Order
from orders_domain.use_cases import ShipProducts
from orders_flask.parts.shapes import Services, answers, blamed_on
from orders_flask.settings import Settings

_NAMES = {"catalogue": "The Product Catalog Service", "shipments": "The Shipment Tracking Service"}


def services(settings: Settings) -> Services:
    if not settings.services:
        return Services(reservations=None, shipments=Desk())
    from orders_adapters.http.ping import ping
    from orders_adapters.http.reservations import Reservations
    from orders_adapters.http.shipments import Shipments

    catalogue, carrier = settings.catalog_service_url, settings.shipment_service_url
    with blamed_on("CATALOG_SERVICE_URL"):
        reservations = Reservations(catalogue, currency=settings.default_currency) if catalogue else None
    with blamed_on("SHIPMENT_SERVICE_URL"):
        shipments = Shipments(carrier) if carrier else Desk()
    urls = {"catalogue": catalogue, "shipments": carrier}
    checks = {name: partial(answers, partial(ping, url), _NAMES[name]) for name, url in urls.items() if url}
    return Services(reservations=reservations, shipments=shipments, checks=checks)


def shipping(
    settings: Settings, *, ours: Callable[[ShipProducts], Order], through_services: Callable[[ShipProducts], Order]
) -> Callable[[ShipProducts], Order]:
    """Return the use case that orders and ships: where all is ours, it is one transaction."""
    return through_services if settings.services else ours
