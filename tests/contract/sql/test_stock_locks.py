"""Row locks of a stock release on PostgreSQL: in the order of ids, and no stronger than the update needs."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection, Engine, text

from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_adapters.testing.examples import ADA, ADMIN, NOON, new_id
from orders_adapters.testing.threads import require_waiting
from orders_domain import Money, Order, Origin
from orders_domain.model.product import NewProduct, OrderLine, ProductId

PRICE = Money(250, "USD")


def products(engine: Engine, number: int) -> list[ProductId]:
    with SqlUnitOfWork(engine) as uow:
        new = [NewProduct(sku=f"SKU-{n}", name="Lamp", price=PRICE, stock=9) for n in range(number)]
        ids = [uow.products.add(product, by=ADMIN, at=NOON).id for product in new]
        uow.commit()
    return ids


def ordered(engine: Engine, product_ids: list[ProductId]) -> Order:
    lines = [OrderLine(product_id=product_id, quantity=1, unit_price=PRICE) for product_id in product_ids]
    total = Money(PRICE.minor * len(lines), "USD")
    order = Order.place(order_id=new_id(), origin=Origin.ORDERS, lines=lines, total=total, by=ADA, at=NOON)
    with SqlUnitOfWork(engine) as uow:
        uow.orders.add(order)
        uow.stock.deduct(order, by=ADA, at=NOON)
        uow.commit()
    return order


def release(engine: Engine, order: Order) -> None:
    with SqlUnitOfWork(engine) as uow:
        uow.stock.release(order, by=ADA, at=NOON)
        uow.commit()


def release_in_physical_order(engine: Engine, order: Order) -> None:
    """Release by a plan of sequential scans, which reads the rows as they lie in their tables."""
    with SqlUnitOfWork(engine) as uow:
        for setting in ("indexscan", "indexonlyscan", "bitmapscan", "mergejoin"):
            uow._open.exec_driver_sql(f"SET LOCAL enable_{setting} = off")
        uow.stock.release(order, by=ADA, at=NOON)
        uow.commit()


def rewrite(engine: Engine, product_ids: list[ProductId]) -> None:
    """Move the rows of the products and of their movements to the end of their tables, in this order."""
    with engine.begin() as connection:
        for product_id in product_ids:
            connection.execute(text(f"UPDATE products SET version = version WHERE id = {product_id}"))
            connection.execute(text(f"UPDATE stock_movements SET at = at WHERE product_id = {product_id}"))


def lock(connection: Connection, product_id: ProductId, strength: str) -> None:
    connection.execute(text(f"SELECT id FROM products WHERE id = {product_id} FOR {strength}"))


def test_release_locks_products_in_order_of_ids(on_postgresql: Engine) -> None:
    first, *others = products(on_postgresql, 3)
    order = ordered(on_postgresql, [*reversed(others), first])
    rewrite(on_postgresql, [*reversed(others), first])

    with ThreadPoolExecutor() as threads, on_postgresql.connect() as holder, on_postgresql.connect() as witness:
        lock(holder, first, "UPDATE")
        waiting = require_waiting(threads.submit(release_in_physical_order, on_postgresql, order))
        for product_id in others:
            lock(witness, product_id, "UPDATE NOWAIT")  # raises if the release has locked it already
        witness.rollback()
        holder.rollback()
        waiting.result(timeout=10)


def test_release_does_not_wait_for_new_order_lines(on_postgresql: Engine) -> None:
    product_ids = products(on_postgresql, 1)
    order = ordered(on_postgresql, product_ids)

    with ThreadPoolExecutor() as threads, on_postgresql.connect() as holder:
        lock(holder, product_ids[0], "KEY SHARE")  # as an insert does that refers to the product
        threads.submit(release, on_postgresql, order).result(timeout=2)
