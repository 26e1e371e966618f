"""PgBouncer in transaction mode, whose few sessions the statements of many clients share."""

import json
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, make_url, text

from orders_adapters.sql import migrate
from orders_adapters.sql.direct_placement import SqlDirectPlacement
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import StoreUnsuitable, translate_errors
from orders_adapters.sql.events.event_feed import SqlEventFeed
from orders_adapters.sql.outbox.wakeup import WakeupSignal
from orders_adapters.testing.event_feed import settle
from orders_adapters.testing.examples import ADA
from orders_domain import OrderStatus
from orders_domain.errors import StoreUnavailable
from orders_domain.model.feed.page import FeedFilter
from orders_domain.ports.outbox import OutboxState
from tests.support.builders import placed
from tests.support.command import orders
from tests.support.depth import effort
from tests.support.secrets import JWT_SECRET
from tests.support.server import Served
from tests.support.servers.ephemeral import ThrowawayPgBouncer
from tests.support.servers.ephemeral.pgbouncer import SESSIONS
from tests.support.servers.postgresql import PostgresServer
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.shop import DatabaseShop
from tests.support.stores import empty, in_database

SETTINGS = text(
    "SELECT current_setting('timezone'), current_setting('statement_timeout'), current_setting('lock_timeout'), "
    "current_setting('idle_in_transaction_session_timeout'), "
    "current_schema()::text"
)
OURS = ("UTC", "5s", "3s", "10s", "public")
ROUNDS = effort(3, 40)
ADDRESS = {f"shipping_{name}": "x" for name in ("address_line1", "city", "state", "postal_code", "country")}


@pytest.fixture
def pooled(pgbouncer: ThrowawayPgBouncer, migrated_postgresql: str, connect: Callable[..., Engine]) -> Engine:
    engine = connect(pgbouncer.before(migrated_postgresql), pool_size=4 * SESSIONS)
    empty(engine)
    return engine


@pytest.fixture
def used_sessions(pooled: Engine) -> None:
    """Sessions in which another client has left its settings and its prepared statements."""
    address = pooled.url.set(drivername="postgresql", query={}).render_as_string(hide_password=False)
    left = ["SET statement_timeout = '377ms'", "SET timezone = 'Asia/Tokyo'", "SET search_path = 'nowhere'"]
    left += [f'PREPARE "_pg3_{number}" AS SELECT {number}' for number in range(50)]
    with ExitStack() as until:
        clients = [until.enter_context(psycopg.connect(address)) for _ in range(SESSIONS)]
        for client in clients:  # each in a transaction, so that each has a session of its own
            client.execute("; ".join(["DEALLOCATE ALL", *left]).encode())
        for client in clients:
            client.commit()


def in_a_transaction(engine: Engine) -> object:
    with engine.connect() as connection:
        return tuple(connection.execute(SETTINGS).one())


def in_a_statement(engine: Engine) -> object:
    return in_a_transaction(engines.autocommit(engine))


@pytest.mark.usefixtures("used_sessions")
@pytest.mark.parametrize("read", [in_a_transaction, in_a_statement])
def test_settings_hold_in_every_session(pooled: Engine, read: Callable[[Engine], object]) -> None:
    with ThreadPoolExecutor(SESSIONS) as threads:
        assert set(threads.map(lambda _: read(pooled), range(5 * SESSIONS))) == {OURS}


def test_settings_of_the_address_hold(
    pgbouncer: ThrowawayPgBouncer, migrated_postgresql: str, connect: Callable[..., Engine]
) -> None:
    url = make_url(pgbouncer.before(migrated_postgresql)).set(
        query={"options": "-c lock_timeout=1700ms --statement-timeout=20s"}
    )

    engine = connect(url.render_as_string(hide_password=False))

    assert in_a_transaction(engine) == ("UTC", "20s", "1700ms", "10s", "public")


def test_option_that_no_transaction_can_have_is_refused(
    pgbouncer: ThrowawayPgBouncer, migrated_postgresql: str, connect: Callable[..., Engine]
) -> None:
    url = make_url(pgbouncer.before(migrated_postgresql)).set(query={"options": "-B 9"})

    with pytest.raises(StoreUnsuitable, match="'-B 9' of the address cannot be set"):
        engines.ping(connect(url.render_as_string(hide_password=False)))


@pytest.mark.usefixtures("used_sessions")
def test_transactions_of_clients_do_not_meet(pooled: Engine) -> None:
    """Concurrent buyers, readers and relays, in sessions with prepared statements of the names that ours would have."""
    shop = DatabaseShop(engine=pooled)
    shop.direct = SqlDirectPlacement(pooled, on_commit=lambda: None)
    product = shop.stocked(10_000)[0]

    def buy(_: int) -> None:
        order = shop.place()
        assert shop.get(order.id).version == 1
        assert shop.order({product: 2}).number
        shop.cancel(order.id)
        assert shop.get(order.id).status is OrderStatus.CANCELED
        assert shop.list_of(ADA.subject).orders
        shop.relay(limit=3)

    with ThreadPoolExecutor(2 * SESSIONS) as threads:
        list(threads.map(buy, range(2 * SESSIONS * ROUNDS)))
    while shop.relay().sent:
        pass

    orders = 2 * SESSIONS * ROUNDS
    shop.ledger().require_agreement()
    assert shop.unsent() == []
    assert len(shop.in_state(OutboxState.SENT)) == 4 * orders  # placed twice, canceled, and the user notified
    assert shop.catalog.get(product).stock == 10_000 - 2 * orders


def test_feed_is_read_through_the_pooler(pooled: Engine) -> None:
    orders = [placed(pooled) for _ in range(3)]
    settle(in_database(pooled))

    page = SqlEventFeed(pooled).read(FeedFilter())

    assert [entry.event.order_id for entry in page.entries] == [order.id for order in orders]


def test_statement_that_fails_leaves_its_connection_usable(pooled: Engine) -> None:
    with engines.autocommit(pooled).connect() as connection:
        with pytest.raises(StoreUnavailable), translate_errors():
            connection.execute(text("SELECT * FROM missing"))
        assert connection.scalar(text("SELECT 1")) == 1


def test_slow_statement_is_cancelled(
    pgbouncer: ThrowawayPgBouncer, migrated_postgresql: str, connect: Callable[..., Engine]
) -> None:
    engine = connect(pgbouncer.before(migrated_postgresql), statement_seconds=1)
    engines.ping(engine)
    began = time.monotonic()

    with pytest.raises(StoreUnavailable, match="unavailable"), translate_errors(), engine.connect() as connection:
        connection.execute(text("SELECT pg_sleep(60)"))

    assert time.monotonic() - began < 1.9
    engines.ping(engine)


def test_relay_polls_and_is_woken_by_its_process(pooled: Engine) -> None:
    signal = WakeupSignal(pooled)
    try:
        signal.wait(0.01)  # would listen
        began = time.monotonic()
        signal.wait(0.2)
        assert 0.15 < time.monotonic() - began < 2
        signal.set()
        signal.wait(30)
    finally:
        signal.close()
    with pooled.connect() as connection:
        assert connection.scalars(text("SELECT pg_listening_channels()")).all() == []


def test_schema_is_migrated_and_used(
    pgbouncer: ThrowawayPgBouncer, postgres_server: PostgresServer, connect: Callable[..., Engine]
) -> None:
    url = postgres_server.database()
    through = pgbouncer.before(url)
    migrate.upgrade(through, schema="shop")
    engine = connect(through, schema="shop")

    assert placed(engine).number == 1
    assert migrate.pending(engine) == migrate.missing_triggers(engine) == migrate.check(through, schema="shop") == []
    with connect(url).connect() as direct:
        tables = direct.scalars(text("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")).all()
    assert tables == []


def test_service_answers_every_request_and_publishes_events(
    pgbouncer: ThrowawayPgBouncer,
    pooled: Engine,
    migrated_postgresql: str,
    rabbitmq_server: RabbitServer,
    tmp_path: Path,
) -> None:
    """Orders of two contracts, each sent twice under its key."""
    shop = DatabaseShop(engine=pooled)
    product = shop.stocked(10_000)[0]
    settings = {
        "DATABASE_URL": pgbouncer.before(migrated_postgresql).replace("+psycopg", ""),
        "RABBITMQ_URL": rabbitmq_server.url,
        "EVENTS_EXCHANGE": rabbitmq_server.name("pooled-events"),
        "NEW_ORDER_QUEUE": rabbitmq_server.name("pooled"),
        "JWT_SECRET": JWT_SECRET,
    }
    ordered = {"order_items": [{"product_id": product, "quantity": 1}], **ADDRESS}
    bodies = {"/orders/": {"items": [{"sku": "TEA-1"}], "total_price": 5}, "/api/v1/orders/": ordered}
    token = orders("token", "ada", here=tmp_path, JWT_SECRET=JWT_SECRET).stdout.strip()
    with Served(tmp_path, **settings) as served:

        def place(number: int) -> list[int]:
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
            headers["Idempotency-Key"] = f"order-{number}"
            requests = [
                urllib.request.Request(served.url + path, json.dumps(body).encode(), headers)
                for path, body in bodies.items()
            ]
            return [int(urllib.request.urlopen(request, timeout=30).status) for request in requests]

        with ThreadPoolExecutor(4 * SESSIONS) as clients:
            for _ in range(2):
                assert list(clients.map(place, range(20 * ROUNDS))) == [[201, 200]] * 20 * ROUNDS
        deadline = time.monotonic() + 30
        while shop.unsent() and time.monotonic() < deadline:
            time.sleep(0.1)

    assert shop.unsent() == []
    assert shop.catalog.get(product).stock == 10_000 - 20 * ROUNDS
    shop.ledger().require_agreement()
