"""The Product Catalog Service (clause 003-03)."""

import time
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from orders_adapters.http.service_client import ServiceClient, integer
from orders_domain.errors import InsufficientStock, Shortage
from orders_domain.model.money import Money
from orders_domain.model.product import MAX_STOCK, Product, ProductId
from orders_domain.model.reservation import Reservation
from orders_domain.ports.catalog_service import CatalogService

TOTAL_SECONDS = 10.0  # for all products of an order together


class HttpCatalogService(CatalogService):
    """Prices there are of the currency given here."""

    def __init__(self, address: str, *, currency: str) -> None:
        self._service = ServiceClient(address, name="Product Catalog Service")
        self._currency = currency

    def ping(self) -> None:
        self._service.ping()

    def get_products(self, product_ids: Collection[ProductId]) -> Mapping[ProductId, Product]:
        until = time.monotonic() + TOTAL_SECONDS
        asked = {one: self._product(one, until=until) for one in product_ids}
        return {one: product for one, product in asked.items() if product}

    def reserve(self, reservation: Reservation, products: Mapping[ProductId, Product]) -> None:
        order_id = str(reservation.order_id)
        items = [{"productID": one, "quantity": quantity} for one, quantity in reservation.quantities.items()]
        answer = self._service.request("POST", "/reservations", {"orderID": order_id, "items": items}, key=order_id)
        if answer.status == 409:
            raise InsufficientStock(self._service.parse(answer, lambda told: _shortages(told, reservation, products)))
        if answer.status >= 300:
            raise self._service.rejection(answer)
        if answer.status != 201:  # whoever says so, it is not the catalogue
            raise self._service.invalid_response(answer)

    def release(self, order_id: UUID) -> None:
        self._service.ensure_deleted(self._service.request("DELETE", f"/reservations/{order_id}"))

    def _product(self, product_id: ProductId, *, until: float) -> Product | None:
        answer = self._service.request("GET", f"/products/{product_id}", until=until)
        if answer.status in (404, 410):
            return None
        if answer.status >= 300:
            raise self._service.rejection(answer)
        return self._service.parse(answer, lambda told: self._read_product(told, product_id))

    def _read_product(self, body: Any, product_id: ProductId) -> Product:
        if integer(body["productID"]) != product_id:
            raise ValueError("another product")
        price, stock = Money.of(body["price"], self._currency), integer(body["quantity"])
        return Product(
            id=product_id, sku=f"remote:{product_id}", name=body["name"], price=price, stock=min(stock, MAX_STOCK)
        )


def _shortages(body: Any, reservation: Reservation, products: Mapping[ProductId, Product]) -> tuple[Shortage, ...]:
    short = tuple(
        Shortage(
            product_id=(product_id := integer(one["productID"])),
            name=products[product_id].name,
            requested=reservation.quantities[product_id],
            available=_count(one.get("available", 0)),
        )
        for one in body["unavailableItems"]
    )
    if not short:
        raise ValueError("a shortage of nothing")
    if len({one.product_id for one in short}) < len(short):
        raise ValueError("a product twice")
    return short


def _count(value: Any) -> int:
    """Return how many there are; as many as were wanted is fine: some came in while the catalogue counted."""
    if (count := integer(value)) < 0:
        raise ValueError("fewer than none")
    return min(count, MAX_STOCK)
