"""Embedding of the domain over a database, as in the README: without Flask and without the command line."""

import subprocess
import sys

SERVICE = """
import sys

sys.modules["flask"] = sys.modules["click"] = None  # importing them fails

from orders_adapters.memory.order_cache import InMemoryOrderCache
from orders_adapters.sql import migrate
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.retry import retry_on_contention
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_adapters.system import clock
from orders_adapters.system.ids import UuidSequence
from orders_domain import Actor, CustomItem, Money
from orders_domain.use_cases import GetOrder, PlaceOrder, get_order, place_order

url = sys.argv[1]
migrate.upgrade(url)
engine, cache, ann = engines.create(url), InMemoryOrderCache(clock=clock.now), Actor(subject="ann")
placing = PlaceOrder(actor=ann, items=(CustomItem({"sku": "TEA-1"}),), total=Money.of(75, "USD"))
order = retry_on_contention(place_order)(placing, uow=SqlUnitOfWork(engine), clock=clock.now, new_id=UuidSequence())
order = get_order(GetOrder(actor=ann, order_id=order.id), queries=SqlOrderQueries(engine), cache=cache)
print(order.number, order.status.value, order.total.amount)
"""


def test_domain_runs_without_flask(address: str) -> None:
    ran = subprocess.run([sys.executable, "-c", SERVICE, address], capture_output=True, text=True, timeout=60)

    assert (ran.stdout, ran.stderr) == ("1 PENDING 75.00\n", "")
