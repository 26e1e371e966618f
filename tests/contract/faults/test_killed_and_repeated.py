"""Web process killed before, during and after the commit, and the request repeated: exactly one order."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import pytest
from sqlalchemy import text

from orders_adapters.testing.threads import other_thread
from tests.contract.faults.broker_probe import bound_queue, received_events, tasks
from tests.contract.faults.load import TEA, Customer, Gone
from tests.contract.faults.service import Service, Web, within
from tests.contract.http.checkout.carts import cart
from tests.support.servers.proxy import Proxy
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.shop import DatabaseShop

STOCK = 100
HOME = {f"shipping_{part}": "x" for part in ("address_line1", "city", "state", "postal_code", "country")}
PLACINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "orders": ("/orders/", TEA),
    "management": ("/api/v1/orders/", HOME | {"order_items": [{"product_id": 1, "quantity": 5}]}),
    "ostore": ("/ostore/orders/", {"userID": "ada", "orderItems": [{"productID": 1, "quantity": 5}]}),
    "checkout": ("/api/orders/", {"cartSnapshot": cart("ada")}),
}
STATUSES = {"orders": (201, 201), "management": (200, 200), "ostore": (201, 201), "checkout": (201, 200)}
SOLD = {"management": 5, "ostore": 5}


@dataclass(frozen=True, kw_only=True)
class Moment:
    """When the process is killed: at a statement, which the database executes or does not receive."""

    statements: tuple[bytes, ...]  # the last of these
    done: bool
    committed: bool = False


# Statements of a unit of work, which places the first order of a user, and of the direct placement.
CLAIM, ORDER, KEY, COMMIT = (
    b"SELECT anon_1.acquired",
    b"INSERT INTO orders (id, user_id",
    b"INSERT INTO idempotency_keys (subject, scope, key, fingerprint, order_id, at, version) VALUES",
    b"COMMIT",
)
DIRECT = b"WITH key_lock AS"
MOMENTS = {
    "before anything is done": Moment(statements=(CLAIM,), done=False),
    "with the key claimed": Moment(statements=(CLAIM,), done=True),
    "with the order written": Moment(statements=(ORDER,), done=True),
    "with everything written": Moment(statements=(KEY,), done=True),
    "before the commit": Moment(statements=(KEY, COMMIT), done=False),
    "after the commit": Moment(statements=(KEY, COMMIT), done=True, committed=True),
}
QUICK = {
    ("with the key claimed", "ostore"),
    ("with the order written", "orders"),
    ("before the commit", "management"),
    ("after the commit", "checkout"),
}
PAIRS = [
    pytest.param(
        MOMENTS[moment],
        contract,
        id=f"{moment}-{contract}",
        marks=() if (moment, contract) in QUICK else pytest.mark.deep,
    )
    for moment, contract in product(MOMENTS, PLACINGS)
]
"""Every moment with every contract; the quick ones are each contract once, before and after the commit."""
CARTS = [
    pytest.param(moment, id=name, marks=() if name == "after the commit" else pytest.mark.deep)
    for name, moment in MOMENTS.items()
]


@pytest.fixture
def stocked(service: Service) -> Service:
    """The service with a product in stock: one hundred units."""
    products = service.directory / "products.jsonl"
    products.write_text(f'{{"name": "Lamp", "sku": "LAMP", "price": 12.5, "stock_quantity": {STOCK}}}\n')
    service.run("products", "import", str(products))
    return service


@pytest.fixture
def proxy(service: Service) -> Iterator[Proxy]:
    with Proxy.before(service.database_url) as proxy:
        yield proxy


@pytest.mark.clause("004-04")
@pytest.mark.parametrize(("moment", "contract"), PAIRS)
def test_repeat_after_kill_makes_one_order(
    stocked: Service, core: DatabaseShop, proxy: Proxy, rabbitmq_server: RabbitServer, moment: Moment, contract: str
) -> None:
    path, body = PLACINGS[contract]
    through = replace(stocked, database_url=proxy.through(stocked.database_url))

    with bound_queue(rabbitmq_server, stocked.exchange) as probe:
        with through.serve("--no-relay") as web:
            die_at(moment, path, body, web=web, service=stocked, proxy=proxy)
        assert bool(count(core, "orders")) == moment.committed
        with stocked.serve() as web:
            customer = Customer(stocked, web)
            first, again = (customer.post_with_key(path, body, key="key") for _ in range(2))
            customer.close()
            within(20, lambda: not core.unsent(), "the outbox is not sent")
        events, ordered = received_events(rabbitmq_server, probe), tasks(rabbitmq_server, stocked.name)

    done, repeated = STATUSES[contract]
    assert (first.status, again.status) == (repeated if moment.committed else done, repeated)
    assert (first.headers.get("x-idempotent-replay") == "true") == moment.committed
    assert "x-idempotent-replay" in again.headers
    assert again.body == first.body
    assert count(core, "orders") == count(core, "idempotency_keys") == 1
    assert len(events) == len(ordered) == 1
    sold = SOLD.get(contract, 0)
    assert scalar(core, "SELECT stock_quantity FROM products") == STOCK - sold
    assert scalar(core, "SELECT coalesce(sum(quantity), 0) FROM stock_movements WHERE kind = 'deducted'") == -sold


@pytest.mark.clause("004-04")
@pytest.mark.parametrize(
    ("contract", "done"),
    [
        pytest.param(contract, done, marks=() if (contract, done) == ("management", True) else pytest.mark.deep)
        for contract in PLACINGS
        for done in (False, True)
    ],
)
def test_kill_at_direct_placement_makes_one_order(
    stocked: Service, core: DatabaseShop, proxy: Proxy, contract: str, done: bool
) -> None:
    """The one statement of an order of a known user is executed, or the database does not receive it."""
    path, body = PLACINGS[contract]
    with stocked.serve("--no-relay") as web, closing(Customer(stocked, web)) as customer:
        assert customer.place().status == 201

    through = replace(stocked, database_url=proxy.through(stocked.database_url))
    moment = Moment(statements=(DIRECT,), done=done, committed=done)
    with through.serve("--no-relay") as web:
        die_at(moment, path, body, web=web, service=stocked, proxy=proxy)
    assert count(core, "orders") == 1 + done
    with stocked.serve("--no-relay") as web, closing(Customer(stocked, web)) as customer:
        first, again = (customer.post_with_key(path, body, key="key") for _ in range(2))

    assert (first.headers.get("x-idempotent-replay") == "true", first.body) == (done, again.body)
    assert (count(core, "orders"), count(core, "idempotency_keys")) == (2, 1)
    assert scalar(core, "SELECT stock_quantity FROM products") == STOCK - SOLD.get(contract, 0)


@pytest.mark.clause("004-04")
@pytest.mark.parametrize("moment", CARTS)
def test_other_key_after_kill_makes_one_cart_order(
    service: Service, core: DatabaseShop, proxy: Proxy, rabbitmq_server: RabbitServer, moment: Moment
) -> None:
    path, body = PLACINGS["checkout"]
    through = replace(service, database_url=proxy.through(service.database_url))

    with bound_queue(rabbitmq_server, service.exchange) as probe:
        with through.serve("--no-relay") as web:
            die_at(moment, path, body, web=web, service=service, proxy=proxy)
        assert bool(count(core, "orders")) == moment.committed
        with service.serve() as web:
            customer = Customer(service, web)
            answers = [customer.post_with_key(path, body, key=key) for key in ("other", "third", "key", "other")]
            customer.close()
            within(20, lambda: not core.unsent(), "the outbox is not sent")
        events, ordered = received_events(rabbitmq_server, probe), tasks(rabbitmq_server, service.name)

    assert [answer.status for answer in answers] == [200 if moment.committed else 201, 200, 200, 200]
    assert [answer.headers.get("x-idempotent-replay") == "true" for answer in answers] == [
        moment.committed,
        True,
        True,
        True,
    ]
    assert [answer.body for answer in answers] == [answers[0].body] * 4
    assert (count(core, "orders"), count(core, "idempotency_keys")) == (1, 3)
    assert len(events) == len(ordered) == 1


def die_at(moment: Moment, path: str, body: Any, *, web: Web, service: Service, proxy: Proxy) -> None:
    """Send the request and kill the process at the moment; statements that the database has not received are lost."""
    customer = Customer(service, web)
    came = proxy.hang_at(*moment.statements, done=moment.done)
    with other_thread() as thread:
        response = thread.submit(customer.post_with_key, path, body, key="key")
        assert came.wait(20), "the statement is not sent"
        web.kill()
        proxy.cut()
        assert isinstance(response.exception(20), Gone)
    proxy.restore()


def count(core: DatabaseShop, table: str) -> int:
    """The number of rows after all transactions have ended, because the database may detect a lost client late."""
    busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
    within(10, lambda: scalar(core, busy) == 0, "a transaction of the killed process stays open")
    return scalar(core, f"SELECT count(*) FROM {table}")


def scalar(core: DatabaseShop, statement: str) -> int:
    with core.engine.connect() as connection:
        return int(connection.execute(text(statement)).scalar_one())
