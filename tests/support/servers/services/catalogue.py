"""A Product Catalog Service."""

from __future__ import annotations

from typing import Any

from tests.support.servers.services.server import Address, Asked, Service


class CatalogueService(Service):
    """A catalog service with products by id and reservations by order."""

    def __init__(self, address: Address | None = None) -> None:
        super().__init__(address)
        self.products: dict[int, dict[str, Any]] = {}
        self.reservations: dict[str, dict[int, int]] = {}

    def stock(self, product_id: int, *, quantity: int = 100, price: float = 2.5, name: str = "") -> int:
        self.products[product_id] = {
            "productID": product_id,
            "name": name or f"Product {product_id} of elsewhere",
            "price": price,
            "quantity": quantity,
        }
        return product_id

    def do(self, request: Asked, /) -> tuple[int, Any]:
        kind, _, name = request.path.strip("/").partition("/")
        if (request.method, kind) == ("GET", "products"):
            product = self.products.get(int(name))
            return (200, product | {"extra": "ignored"}) if product else (404, {"error": "no such product"})
        if (request.method, request.path) == ("POST", "/reservations"):
            return self._reserve(request)
        if (request.method, kind) == ("DELETE", "reservations"):
            return self._release(name)
        return 405, {}

    def _reserve(self, request: Asked) -> tuple[int, Any]:
        order_id = request.body["orderID"]
        quantities = {item["productID"]: item["quantity"] for item in request.body["items"]}
        assert request.key == order_id
        if order_id in self.reservations:
            return 201, {"orderID": order_id}
        unavailable = [
            {"productID": product_id, "available": self._available(product_id)}
            for product_id, quantity in quantities.items()
            if self._available(product_id) < quantity
        ]
        if unavailable:
            return 409, {"unavailableItems": unavailable}
        for product_id, quantity in quantities.items():
            self.products[product_id]["quantity"] -= quantity
        self.reservations[order_id] = quantities
        return 201, {"orderID": order_id}

    def _release(self, order_id: str) -> tuple[int, Any]:
        for product_id, quantity in self.reservations.get(order_id, {}).items():
            self.products[product_id]["quantity"] += quantity
        return (204, None) if self.reservations.pop(order_id, None) else (404, {"error": "no such reservation"})

    def _available(self, product_id: int) -> int:
        return int(self.products.get(product_id, {}).get("quantity", 0))
