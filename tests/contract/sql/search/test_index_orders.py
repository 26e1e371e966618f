"""Orders that a former release has stored: they are found once their words are stored, beside changes of others."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from orders_adapters.sql import migrate
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_adapters.testing.examples import ADMIN, NOON, new_id
from orders_adapters.testing.order_search import example
from orders_domain import CustomItem, Money, Order, OrderFilter, Origin
from orders_domain.model.life import changes, shipping
from orders_domain.model.search.search_text import SearchText
from orders_domain.use_cases import IndexOrders, index_orders
from tests.support.depth import effort

MANY = effort(7, 2_000)


def add(engine: Engine, number: int) -> Any:
    order = example(reference=f"A-{number}")
    with SqlUnitOfWork(engine) as uow:
        uow.orders.add(order)
        uow.commit()
    return order.id


def found(engine: Engine, words: str) -> set[Any]:
    page = SqlOrderQueries(engine).search(OrderFilter(search=SearchText(words), limit=1_000))
    return {order.id for order in page.orders}


def index_all(engine: Engine, *, limit: int) -> int:
    request, batches = IndexOrders(actor=ADMIN, limit=limit), 0
    while (last := index_orders(request, uow=SqlUnitOfWork(engine))) is not None:
        request, batches = IndexOrders(actor=ADMIN, limit=limit, after=last), batches + 1
    return batches


def test_stored_orders_are_found_after_the_upgrade(altered: str, connect: Callable[..., Engine]) -> None:
    engine = connect(altered)
    orders = {add(engine, number) for number in range(MANY)}

    migrate.downgrade(altered, "0040")
    migrate.upgrade(altered)
    assert found(engine, "zoe") == set()
    limit = effort(3, 200)
    assert index_all(engine, limit=limit) == -(-MANY // limit)
    index_all(engine, limit=limit)  # again

    assert len(found(engine, "zoe")) == min(len(orders), 1_000)
    assert len(found(engine, "a-3")) >= 1


def test_change_beside_the_indexing_keeps_its_words(on_postgresql: Engine) -> None:
    order_id = add(on_postgresql, 1)
    reading = threading.Event()

    def change() -> None:
        with SqlUnitOfWork(on_postgresql) as uow:
            present = uow.orders.get_for_update(order_id)
            reading.set()
            waited.wait(0.3)  # the indexing waits for the lock of the order meanwhile
            changes.annotate(present, tags=["late"], by=ADMIN, at=NOON)
            uow.orders.save(present)
            uow.commit()

    waited = threading.Event()
    changing = threading.Thread(target=change)
    changing.start()
    assert reading.wait(10)
    index_all(on_postgresql, limit=9)
    changing.join()

    assert found(on_postgresql, "late") == {order_id}
    assert found(on_postgresql, "vip") == set()


def test_late_parcel_of_order_with_most_words_is_found(engine: Engine) -> None:
    items = tuple(CustomItem({"sku": f"{number} a{number} b{number} c{number} d{number}"}) for number in range(1_000))
    order = Order.place(order_id=new_id(), origin=Origin.SHOP, items=items, total=Money(1, "USD"), by=ADMIN, at=NOON)
    with SqlUnitOfWork(engine) as uow:
        uow.orders.add(order)
        uow.commit()

    for number in (1, 2):
        with SqlUnitOfWork(engine) as uow:
            present = uow.orders.get_for_update(order.id, with_shipments=False)
            tracking = f"JD{number}"
            shipping.ship(
                present, str(new_id()), {number: 1}, carrier=None, tracking_number=tracking, by=ADMIN, at=NOON
            )
            uow.orders.save(present)
            uow.commit()

    assert found(engine, "jd1") == found(engine, "jd2") == found(engine, "d600") == {order.id}


@pytest.mark.parametrize("words", ["zoe", "zoe koln", "web", "vip zoe"])
def test_sqlite_reads_its_word_index(on_sqlite: Engine, words: str) -> None:
    add(on_sqlite, 1)
    sent: list[tuple[str, Any]] = []
    event.listen(on_sqlite, "before_cursor_execute", lambda *call: sent.append((call[2], call[3])))

    found(on_sqlite, words)

    with on_sqlite.connect() as connection:
        for statement, values in [(each, values) for each, values in sent if each.startswith("SELECT")]:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            plan = "\n".join(row.detail for row in rows)
            assert "SCAN order" not in plan, plan
            assert "order_word_index USING PRIMARY KEY" in plan, plan


def test_erasure_leaves_no_word_on_sqlite(on_sqlite: Engine) -> None:
    order_id = add(on_sqlite, 1)
    with on_sqlite.begin() as connection:
        connection.execute(text("UPDATE order_words SET words = '17'"))

    with on_sqlite.connect() as connection:
        rows = connection.execute(text("SELECT word, order_id FROM order_word_index")).all()
    assert rows == [("17", order_id.hex)]


def test_sqlite_writes_only_added_words_to_its_index(on_sqlite: Engine) -> None:
    order = example(reference="A-1")
    with SqlUnitOfWork(on_sqlite) as uow:
        uow.orders.add(order)
        uow.commit()
    written = []

    for tracking in ("JD 1", "JD 2", "JD 1"):
        with SqlUnitOfWork(on_sqlite) as uow:
            present = uow.orders.get_for_update(order.id)
            shipping.ship(present, str(new_id()), {2: 1}, carrier=None, tracking_number=tracking, by=ADMIN, at=NOON)
            uow.orders.save(present)
            uow.commit()
        written.append(index_of(on_sqlite))

    assert [len(after) for after in written] == [len(written[0]), len(written[0]) + 2, len(written[0]) + 2]
    with on_sqlite.begin() as connection:
        words = str(connection.scalar(text("SELECT words FROM order_words"))).split()
        connection.execute(text("DELETE FROM order_word_index"))
        connection.execute(text("UPDATE order_words SET words = words || ' jd3'"))
    assert sorted(words) == written[-1]
    assert index_of(on_sqlite) == ["jd3"]


def index_of(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT word FROM order_word_index ORDER BY word")))
