"""HTTP client of the Product Catalog Service (clause 003-03)."""

import time
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from orders_adapters.http.bulkhead import Bulkhead
from orders_adapters.http.service_client import ServiceClient, integer
from orders_domain.errors import InsufficientStock, Shortage
from orders_domain.model.product import MAX_STOCK, Product, ProductId
from orders_domain.model.reservation import Reservation
from orders_domain.model.values.money import Money
from orders_domain.ports.catalog_service import CatalogService

TOTAL_SECONDS = 10.0  # for the requests of all products of an order


class HttpCatalogService(CatalogService):
    """``currency`` is the currency of the service's prices.

    Without ``reservations`` the service is only asked for its stock, so that two orders at once can both be placed.
    """

    def __init__(
        self, address: str, *, currency: str, reservations: bool = True, bulkhead: Bulkhead | None = None
    ) -> None:
        self._service = ServiceClient(address, name="Product Catalog Service", bulkhead=bulkhead)
        self._currency = currency
        self._reservations = reservations

    def ping(self) -> None:
        self._service.ping()

    def get_products(self, product_ids: Collection[ProductId]) -> Mapping[ProductId, Product]:
        until = time.monotonic() + TOTAL_SECONDS
        products = {product_id: self._product(product_id, until=until) for product_id in product_ids}
        return {product_id: product for product_id, product in products.items() if product}

    def reserve(self, reservation: Reservation, products: Mapping[ProductId, Product]) -> None:
        if not self._reservations:
            return
        order_id = str(reservation.order_id)
        items = [{"productID": key, "quantity": quantity} for key, quantity in reservation.quantities.items()]
        response = self._service.request("POST", "/reservations", {"orderID": order_id, "items": items}, key=order_id)
        if response.status == 409:
            raise InsufficientStock(self._service.parse(response, lambda body: _shortages(body, reservation, products)))
        if response.status >= 300:
            raise self._service.rejection(response)
        if response.status != 201:  # another 2xx does not come from the catalog service
            raise self._service.invalid_response(response)

    def release(self, order_id: UUID) -> None:
        if self._reservations:
            self._service.ensure_deleted(self._service.request("DELETE", f"/reservations/{order_id}"))

    def _product(self, product_id: ProductId, *, until: float) -> Product | None:
        response = self._service.request("GET", f"/products/{product_id}", until=until)
        if response.status in (404, 410):
            return None
        if response.status >= 300:
            raise self._service.rejection(response)
        return self._service.parse(response, lambda body: self._read_product(body, product_id))

    def _read_product(self, body: Any, product_id: ProductId) -> Product:
        if integer(body["productID"]) != product_id:
            raise ValueError("productID must be the requested id")
        if (stated := body.get("currency")) is not None and stated.upper() != self._currency:
            raise ValueError(f"currency must be {self._currency}, or left out")
        quantity = body["quantity"] if "quantity" in body else body["quantityAvailable"]
        price, stock = Money.of(body["price"], self._currency), integer(quantity)
        return Product(
            id=product_id, sku=f"remote:{product_id}", name=body["name"], price=price, stock=min(stock, MAX_STOCK)
        )


def _shortages(body: Any, reservation: Reservation, products: Mapping[ProductId, Product]) -> tuple[Shortage, ...]:
    shortages = tuple(
        Shortage(
            product_id=(product_id := integer(item["productID"])),
            name=products[product_id].name,
            requested=reservation.quantities[product_id],
            available=_count(item.get("available", 0)),
        )
        for item in body["unavailableItems"]
    )
    if not shortages:
        raise ValueError("unavailableItems must not be empty")
    if len({shortage.product_id for shortage in shortages}) < len(shortages):
        raise ValueError("unavailableItems must not repeat a product")
    return shortages


def _count(value: Any) -> int:
    """Return the stock. It may cover the requested quantity, because a restock may precede the response."""
    if (count := integer(value)) < 0:
        raise ValueError("available must not be negative")
    return min(count, MAX_STOCK)
