"""Clients of the external catalog and shipment services; by default both are local."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from orders_adapters.system.local_shipments import LocalShipmentService
from orders_domain.model.order import Order
from orders_domain.use_cases import PlaceShippedOrder
from orders_flask.bootstrap.components import RemoteServices, as_setting_error, check_health
from orders_flask.settings import Settings


def services(settings: Settings) -> RemoteServices:
    if not settings.services:
        return RemoteServices(catalog_service=None, shipment_service=LocalShipmentService())
    from orders_adapters.http.bulkhead import Bulkhead
    from orders_adapters.http.catalog_service import HttpCatalogService
    from orders_adapters.http.shipment_service import HttpShipmentService

    bulkhead = Bulkhead(max(1, settings.threads // 2))  # the other threads serve requests that need no service
    catalog_url, shipment_url = settings.catalog_service_url, settings.shipment_service_url
    with as_setting_error("CATALOG_SERVICE_URL"):
        catalog = (
            HttpCatalogService(
                catalog_url,
                currency=settings.default_currency,
                reservations=settings.catalog_reservations == "on",
                bulkhead=bulkhead,
            )
            if catalog_url
            else None
        )
    with as_setting_error("SHIPMENT_SERVICE_URL"):
        shipments = (
            HttpShipmentService(shipment_url, bulkhead=bulkhead, integer_user_ids=settings.integer_user_ids)
            if shipment_url
            else None
        )
    remote = {"catalogue": catalog, "shipments": shipments}
    checks = {name: partial(check_health, service.ping) for name, service in remote.items() if service}
    return RemoteServices(catalog_service=catalog, shipment_service=shipments or LocalShipmentService(), checks=checks)


def choose_place_shipped_order(
    settings: Settings,
    *,
    locally: Callable[[PlaceShippedOrder], Order],
    via_services: Callable[[PlaceShippedOrder], Order],
) -> Callable[[PlaceShippedOrder], Order]:
    """Return the use case that places shipped orders; without remote services it is one transaction."""
    return via_services if settings.services else locally
