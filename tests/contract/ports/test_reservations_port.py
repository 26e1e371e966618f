"""Contract of ReservationRepository and of Stock for external products, on every adapter; and the foreign keys."""

import pytest
from sqlalchemy import Engine, text

from orders_adapters.testing.catalog.external_stock import ExternalStockTests
from orders_adapters.testing.catalog.reservations import ReservationRepositoryTests


class TestReservationRepository(ReservationRepositoryTests):
    pass


class TestExternalStock(ExternalStockTests):
    pass


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
