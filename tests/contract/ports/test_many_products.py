"""Upserts of many products: concurrent callers add each product once, and the stock is the sum of its movements."""

from collections.abc import Callable, Sequence

from sqlalchemy import Engine, text

from orders_adapters.sql.retry import retry_on_contention
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_adapters.testing.catalog.products import new_tea
from orders_adapters.testing.examples import ADMIN, NOON
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once
from orders_domain.errors import OrdersError
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases import UpsertProducts, upsert_products
from orders_domain.use_cases.catalog.upsert_products import ProductUpsert, UpsertOutcome


def test_concurrent_upserts_add_each_product_once(store: StoreHarness) -> None:
    request = UpsertProducts(actor=ADMIN, products={f"TEA-{n}": ProductUpsert(product=new_tea(n)) for n in range(200)})

    def put(uow: UnitOfWork) -> Callable[[], Sequence[UpsertOutcome]]:
        return lambda: list(retry_on_contention(upsert_products)(request, uow=uow, clock=lambda: NOON).values())

    outcomes = at_once(*(put(store.unit_of_work()) for _ in range(6)))

    upserts = [became for outcome in outcomes if not isinstance(outcome, OrdersError) for became in outcome]
    assert (upserts.count(UpsertOutcome.ADDED), upserts.count(UpsertOutcome.UNCHANGED)) == (200, 1_000)


def test_stock_equals_sum_of_movements(engine: Engine) -> None:
    def put(stock: int) -> None:
        products = {f"TEA-{n}": ProductUpsert(product=new_tea(n, stock=stock + n)) for n in range(300)}
        upsert_products(UpsertProducts(actor=ADMIN, products=products), uow=SqlUnitOfWork(engine), clock=lambda: NOON)

    for stock in (5, 2, 2, 7):
        put(stock)

    with engine.connect() as connection:
        wrong = connection.execute(
            text(
                "SELECT sku FROM products p WHERE stock_quantity <> "
                "(SELECT sum(quantity) FROM stock_movements m WHERE m.product_id = p.id)"
            )
        ).all()
        kinds = connection.execute(text("SELECT kind, count(*) FROM stock_movements GROUP BY kind ORDER BY kind"))
        assert [tuple(row) for row in kinds] == [("adjusted", 600), ("initial", 300)]
    assert wrong == []
