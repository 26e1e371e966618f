"""Contract of StockHoldRepository on every adapter, and what the tables refuse."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from orders_adapters.testing.catalog.inventory import Inventory
from orders_adapters.testing.catalog.stock_holds import StockHoldTests, ended, held, hold_of
from tests.support.stores import in_database


class TestStockHolds(StockHoldTests):
    pass


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE stock_hold_lines SET returned = 3",
        "UPDATE stock_hold_lines SET returned = -1",
        "UPDATE stock_hold_lines SET quantity = 0, returned = 0",
        "UPDATE stock_holds SET expires_at = created_at",
        "UPDATE stock_movements SET hold_id = NULL WHERE hold_id IS NOT NULL",
        "DELETE FROM stock_holds",
        (
            "INSERT INTO stock_movements (product_id, hold_id, kind, quantity, actor, at) "
            "SELECT product_id, hold_id, kind, quantity, actor, at FROM stock_movements WHERE kind = 'hold_ended'"
        ),
    ],
)
def test_schema_rejects_units_returned_twice(engine: Engine, wrong: str) -> None:
    inventory = Inventory(in_database(engine))
    [tea] = inventory.stocked(10)
    hold = held(inventory, hold_of({tea: 2}))
    ended(inventory, hold.id)

    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text(wrong))
