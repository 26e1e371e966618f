"""Defect: stock without a conditional update, read, compared in Python, and written."""

import time
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from orders_adapters.sql import stock, tables
from orders_domain.errors import InsufficientStock

_products = tables.products.c
_READ = select(tables.products).where(_products.id.in_(bindparam("ids", expanding=True)))
_WRITE = update(tables.products).where(_products.id == bindparam("product_id")).values(stock_quantity=bindparam("rest"))


def plant() -> None:
    def take(connection: Any, quantities: Any, kind: Any, values: Any) -> Any:
        rows = connection.execute(_READ, {"ids": list(quantities)}).all()
        if len(rows) < len(quantities) or any(row.stock_quantity < quantities[row.id] for row in rows):
            raise InsufficientStock(stock._shortages(quantities, rows))
        time.sleep(0.005)  # the time of the decision
        for row in rows:
            rest = row.stock_quantity - quantities[row.id]
            connection.execute(_WRITE, {"product_id": row.id, "rest": rest})
        moves = [
            {**values, "kind": kind, "product_id": product, "quantity": -quantity}
            for product, quantity in quantities.items()
        ]
        connection.execute(insert(tables.stock_movements), moves)
        return ()

    stock._take_in_one_statement = take
