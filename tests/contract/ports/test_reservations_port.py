"""Contract of ReservationRepository and of Stock for external products, on every adapter; and the foreign keys."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from orders_adapters.sql import reservations
from orders_adapters.system.local_shipments import LocalShipmentService
from orders_adapters.testing.catalog.external_stock import ExternalStockTests
from orders_adapters.testing.catalog.reservations import DUE, ReservationRepositoryTests, added
from orders_adapters.testing.examples import NOON
from orders_domain.use_cases import ReleaseResult, release_reservations
from tests.support.stores import in_database


class TestReservationRepository(ReservationRepositoryTests):
    pass


class TestExternalStock(ExternalStockTests):
    pass


class Catalog:
    """A catalog service that only releases."""

    def __init__(self) -> None:
        self.released: list[UUID] = []

    def release(self, order_id: UUID) -> None:
        self.released.append(order_id)


def test_unreadable_reservation_does_not_stop_others(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    store, catalog, read = in_database(engine), Catalog(), reservations._to_reservation
    bad, good = added(store, due_at=NOON), added(store, due_at=DUE)
    services: Any = {"catalog_service": catalog, "shipment_service": LocalShipmentService()}

    def read_others(row: Any) -> object:
        if row.order_id == bad.order_id:
            raise KeyError("quantities")
        return read(row)

    monkeypatch.setattr(reservations, "_to_reservation", read_others)

    def step() -> ReleaseResult:
        return release_reservations(uow=store.unit_of_work(), clock=lambda: DUE, **services)

    with pytest.raises(KeyError):
        step()
    assert step() == ReleaseResult(released=1)
    assert catalog.released == [good.order_id]


@pytest.mark.clause("003-14")
def test_foreign_keys_link_users_and_products(engine: Engine) -> None:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            rows = [
                (table, row.table, row[3])
                for table in ("orders", "order_items")
                for row in connection.execute(text(f"PRAGMA foreign_key_list({table})"))
            ]
        else:
            rows = [
                tuple(row)
                for row in connection.execute(
                    text(
                        "SELECT conrelid::regclass::text, confrelid::regclass::text, attname::text FROM pg_constraint "
                        "JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1] WHERE contype = 'f'"
                    )
                )
            ]

    assert {
        ("orders", "users", "user_id"),
        ("order_items", "orders", "order_id"),
        ("order_items", "products", "product_id"),
    } <= set(rows)
