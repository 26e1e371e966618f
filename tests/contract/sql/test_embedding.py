"""Embedding of the domain over a database, as in the README: without Flask and without the command line."""

import subprocess
import sys

SERVICE = """
import sys

sys.modules["flask"] = sys.modules["click"] = None  # importing them fails

from orders_adapters.memory.order_cache import Cache
from orders_adapters.sql import engine as engines
from orders_adapters.sql import migrate
from orders_adapters.sql.retry import retried
from orders_adapters.sql.order_queries import Queries
from orders_adapters.sql.unit_of_work import UnitOfWork
from orders_adapters.system import clock
from orders_adapters.system.ids import Ids
from orders_domain import Actor, Item, Money
from orders_domain.use_cases import GetOrder, PlaceOrder, get_order, place_order

url = sys.argv[1]
migrate.upgrade(url)
engine, cache, ann = engines.create(url), Cache(clock=clock.now), Actor(subject="ann")
placing = PlaceOrder(actor=ann, items=(Item({"sku": "TEA-1"}),), total=Money.of(75, "USD"))
order = retried(place_order)(placing, uow=UnitOfWork(engine), clock=clock.now, new_id=Ids())
order = get_order(GetOrder(actor=ann, order_id=order.id), queries=Queries(engine), cache=cache)
print(order.number, order.status.value, order.total.amount)
"""


def test_domain_runs_without_flask(address: str) -> None:
    ran = subprocess.run([sys.executable, "-c", SERVICE, address], capture_output=True, text=True, timeout=60)

    assert (ran.stdout, ran.stderr) == ("1 PENDING 75.00\n", "")
