"""Contract of CatalogService: all quantities of an order are reserved or none, once, and released once."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from orders_adapters.testing.examples import NOON, new_id
from orders_adapters.testing.threads import at_once
from orders_domain import Money
from orders_domain.errors import InsufficientStock, ServiceError, Shortage
from orders_domain.model.product import Product, ProductId
from orders_domain.model.reservation import Reservation
from orders_domain.ports.catalog_service import CatalogService

TEA, MILK, UNKNOWN = 1, 2, 7
MAX_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class CatalogServiceHarness:
    """A catalogue of ten Tea (product 1, 2.50 USD) and one Milk (product 2, 37.55 USD).

    ``available()`` returns the stock by product that is not reserved; ``fail()`` lets the service answer each later
    request with an error of its own, and ``hang()`` lets it never answer.
    """

    service: CatalogService
    available: Callable[[], Mapping[ProductId, int]]
    fail: Callable[[], None]
    hang: Callable[[], None]


def new_reservation(quantities: Mapping[ProductId, int]) -> Reservation:
    return Reservation.start(new_id(), number=7, user_id="ada", quantities=dict(quantities), at=NOON)


class CatalogServiceTests:
    """Promises of ``CatalogService``.

    A subclass has the fixture ``harness``: an adapter and its catalogue (``CatalogServiceHarness``).
    """

    def test_known_products_are_returned_with_price(self, harness: CatalogServiceHarness) -> None:
        products = harness.service.get_products([MILK, TEA, UNKNOWN])

        assert {key: (product.name, product.price, product.stock) for key, product in products.items()} == {
            TEA: ("Tea", Money(250, "USD"), 10),
            MILK: ("Milk", Money(3755, "USD"), 1),
        }

    def test_shortage_names_products_and_reserves_none(self, harness: CatalogServiceHarness) -> None:
        products = harness.service.get_products([TEA, MILK])

        with pytest.raises(InsufficientStock) as refusal:
            harness.service.reserve(new_reservation({TEA: 3, MILK: 2}), products)

        assert refusal.value.shortages == (Shortage(product_id=MILK, name="Milk", requested=2, available=1),)
        assert harness.available() == {TEA: 10, MILK: 1}

    def test_repeated_reservation_reserves_once(self, harness: CatalogServiceHarness) -> None:
        reservation, products = new_reservation({TEA: 3, MILK: 1}), harness.service.get_products([TEA, MILK])

        for _ in range(2):
            harness.service.reserve(reservation, products)

        assert harness.available() == {TEA: 7, MILK: 0}

    def test_each_order_has_its_own_reservation(self, harness: CatalogServiceHarness) -> None:
        products = harness.service.get_products([TEA])

        for _ in range(2):
            harness.service.reserve(new_reservation({TEA: 3}), products)

        assert harness.available() == {TEA: 4, MILK: 1}

    def test_reservation_is_released_once(self, harness: CatalogServiceHarness) -> None:
        products = harness.service.get_products([TEA])
        first, second = new_reservation({TEA: 3}), new_reservation({TEA: 2})
        for reservation in (first, second):
            harness.service.reserve(reservation, products)

        for _ in range(2):
            harness.service.release(first.order_id)
        harness.service.release(new_id())  # which has no reservation

        assert harness.available() == {TEA: 8, MILK: 1}

    def test_failing_service_raises_its_error(self, harness: CatalogServiceHarness) -> None:
        products = harness.service.get_products([TEA])
        harness.fail()

        results = self._call_all(harness, products)

        assert [isinstance(result, ServiceError) for result in results] == [True] * 3
        assert harness.available() == {TEA: 10, MILK: 1}

    def test_silent_service_raises_within_seconds(self, harness: CatalogServiceHarness) -> None:
        products = harness.service.get_products([TEA])
        harness.hang()
        began = time.monotonic()

        results = self._call_all(harness, products)

        assert [isinstance(result, ServiceError) for result in results] == [True] * 3
        assert time.monotonic() - began < MAX_SECONDS

    @staticmethod
    def _call_all(harness: CatalogServiceHarness, products: Mapping[ProductId, Product]) -> list[object]:
        """Call every method at the same time; return the results and errors."""
        return list(
            at_once(
                lambda: harness.service.get_products([TEA]),
                lambda: harness.service.reserve(new_reservation({TEA: 3}), products),
                lambda: harness.service.release(new_id()),
            )
        )
