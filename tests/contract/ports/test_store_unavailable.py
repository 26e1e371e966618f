"""Unavailable, silent, locked or invalid stores: StoreUnavailable from every method, within a bounded time."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from orders_adapters.sql.engine import engine as engines
from orders_adapters.testing.accounts.revoked_tokens import numbers, until
from orders_adapters.testing.accounts.users import ann
from orders_adapters.testing.analytics import period
from orders_adapters.testing.examples import ADA, NOON, new_id, only, placed
from orders_adapters.testing.order_templates import weekly
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once
from orders_domain import Order, OrderStatus
from orders_domain.errors import OrderNotFound, StoreUnavailable
from orders_domain.model.order_filter import OrderFilter
from orders_domain.ports.outbox import OutboxState
from tests.support.servers.postgresql import PostgresServer
from tests.support.servers.proxy import Proxy
from tests.support.stores import in_database

BOUND = 12.0  # seconds: connecting 2, waiting for the pool 2, a statement 6, and a slow machine


def enter(store: StoreHarness) -> None:
    with store.unit_of_work() as uow:
        uow.orders.get_for_update(new_id())


def claim(store: StoreHarness) -> None:
    with store.outbox().claim(0, now=NOON, limit=5):
        pass


METHODS: dict[str, Callable[[StoreHarness], object]] = {
    "enter": enter,
    "order": lambda store: store.queries.get(new_id()),
    "orders": lambda store: store.queries.search(OrderFilter(user_id="ada")),
    "history": lambda store: store.queries.history(new_id()),
    "analytics": lambda store: store.analytics(period()),
    "add a template": lambda store: store.templates.add(weekly(), at=NOON),
    "template": lambda store: store.templates.get(1),
    "templates of": lambda store: store.templates.list_for_user("ada"),
    "remove a template": lambda store: store.templates.delete(1),
    "due_shards": lambda store: store.outbox().due_shards(NOON),
    "claim": claim,
    "select": lambda store: store.outbox().select(states=frozenset(OutboxState)),
    "requeue": lambda store: store.outbox().requeue([new_id()], now=NOON),
    "add a user": lambda store: store.users.add(ann()),
    "user": lambda store: store.users.get("ann"),
    "user by e-mail": lambda store: store.users.by_email("ann@example.com"),
    "accounts": lambda store: store.users.list_page(),
    "disable unless last": lambda store: store.users.disable_replaceable("ann", at=NOON),
    "disable": lambda store: store.users.set_disabled("ann", at=NOON),
    "change a password": lambda store: store.users.change_password("ann", "hash"),
    "deny": lambda store: store.denied.revoke({"mark": until(NOON)}),
    "denied": lambda store: store.denied.is_revoked(numbers("mark")),
    "identity": lambda store: store.identity.get(),
    "new identity": lambda store: store.identity.renew(gap=1),
    "all that is denied": lambda store: store.denied.all(limit=1),
    "prune the denylist": lambda store: store.denied.prune(expired_before=NOON),
    "prune the keys": lambda store: store.keys.prune(stored_before=NOON),
    "prune": lambda store: store.outbox().prune(sent_before=NOON),
}


def assert_unavailable(store: StoreHarness, methods: dict[str, Callable[[StoreHarness], object]] = METHODS) -> None:
    """Call all methods concurrently, because a hanging store costs each of them its timeout."""
    began = time.monotonic()
    results = at_once(*((lambda call=call: call(store)) for call in methods.values()))
    took = time.monotonic() - began

    outcomes = {name: type(result).__name__ for name, result in zip(methods, results, strict=True)}
    assert outcomes == dict.fromkeys(methods, "StoreUnavailable")
    assert took < BOUND


@pytest.fixture
def proxy(migrated_postgresql: str) -> Iterator[Proxy]:
    with Proxy.before(migrated_postgresql) as proxy:
        yield proxy


@pytest.fixture
def remote(postgresql: Engine, migrated_postgresql: str, proxy: Proxy) -> Iterator[StoreHarness]:
    """PostgreSQL behind a network that can be broken; ``postgresql`` is the direct connection."""
    engine = engines.create(proxy.through(migrated_postgresql), pool_size=20)
    yield in_database(engine)
    engine.dispose()


@pytest.mark.parametrize("broken", [Proxy.cut, Proxy.hang])
@pytest.mark.parametrize("connected_before", [True, False])
def test_broken_postgresql_is_unavailable_then_recovers(
    remote: StoreHarness, proxy: Proxy, broken: Callable[[Proxy], None], connected_before: bool
) -> None:
    if connected_before:
        remote.placed()
    broken(proxy)

    assert_unavailable(remote)

    proxy.restore()
    assert remote.placed().version == 1


def test_idle_disconnects_fail_no_request(remote: StoreHarness, proxy: Proxy) -> None:
    assert at_once(*[lambda: enter_and_leave(remote)] * 5) == [None] * 5

    proxy.cut()
    proxy.restore()

    assert remote.placed().version == 1
    assert remote.queries.history(new_id()) == []


def enter_and_leave(store: StoreHarness) -> None:
    with store.unit_of_work():
        time.sleep(0.1)


def assert_unavailable_in_a_unit_of_work(
    store: StoreHarness, stored: Order, new: Order, *, method: str, broken: Callable[[], None]
) -> None:
    """The store fails just before the method is called."""
    with store.unit_of_work() as uow:
        held = uow.orders.get_for_update(stored.id)
        held.change_status(only(OrderStatus.PAID), by=ADA, at=NOON)
        if method == "commit":
            uow.orders.add(new)
            uow.orders.save(held)
        broken()
        calls: dict[str, Callable[[], object]] = {
            "add": lambda: uow.orders.add(new),
            "hold": lambda: uow.orders.get_for_update(stored.id),
            "save": lambda: uow.orders.save(held),
            "commit": uow.commit,
        }

        with pytest.raises(StoreUnavailable):
            calls[method]()


@pytest.mark.parametrize("method", ["add", "hold", "save", "commit"])
def test_connection_loss_rolls_back(remote: StoreHarness, postgresql: Engine, proxy: Proxy, method: str) -> None:
    near = in_database(postgresql)
    stored, new = near.placed(), placed()

    assert_unavailable_in_a_unit_of_work(remote, stored, new, method=method, broken=proxy.cut)

    assert near.queries.get(stored.id) == stored
    with pytest.raises(OrderNotFound):
        near.queries.get(new.id)
    assert near.changed(stored, OrderStatus.CANCELED).version == 2  # no lock is held any more


@pytest.mark.parametrize("method", ["add", "hold", "save", "commit"])
def test_terminated_connection_rolls_back(postgresql: Engine, method: str) -> None:
    store = in_database(postgresql)
    stored = store.placed()

    def end_all() -> None:
        with postgresql.begin() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )

    assert_unavailable_in_a_unit_of_work(store, stored, placed(), method=method, broken=end_all)

    assert store.queries.get(stored.id) == stored
    assert len(store.events()) == 1


def test_relay_fails_on_lost_store_and_next_continues(remote: StoreHarness, postgresql: Engine, proxy: Proxy) -> None:
    near = in_database(postgresql)
    near.placed()
    (shard,) = near.outbox().due_shards(NOON)

    with pytest.raises(StoreUnavailable), remote.outbox().claim(shard, now=NOON, limit=5) as claim:  # noqa: PT012
        assert claim is not None
        claim.set_state(claim.messages[0].event.id, state=OutboxState.SENT, due_at=NOON, attempts=0)
        proxy.cut()

    deadline = time.monotonic() + BOUND  # the server may notice the lost relay late
    due = None
    while due is None and time.monotonic() < deadline:
        with near.outbox().claim(shard, now=NOON, limit=5) as claim:
            due = claim and len(claim.messages)
    assert due == 1


@pytest.fixture(params=["not migrated", "away", "no such database"])
def wrong_postgresql(request: pytest.FixtureRequest, postgres_server: PostgresServer) -> Iterator[Engine]:
    with Proxy("127.0.0.1", 1) as closed:
        closed.cut()
        urls = {
            "away": f"postgresql://nobody@127.0.0.1:{closed.port}/orders",
            "no such database": postgres_server.url + "_missing",
        }
        url = urls.get(request.param) or postgres_server.database()
        engine = engines.create(url, pool_size=20)
        yield engine
        engine.dispose()


def test_foreign_postgresql_is_unavailable(wrong_postgresql: Engine) -> None:
    assert_unavailable(in_database(wrong_postgresql))


@pytest.mark.parametrize("flaw", ["not migrated", "no such directory", "a directory", "no database"])
def test_invalid_sqlite_file_is_unavailable(tmp_path: Path, flaw: str) -> None:
    file = {"no such directory": tmp_path / "missing" / "orders.db", "a directory": tmp_path}.get(flaw)
    file = file or tmp_path / "orders.db"
    if flaw == "no database":
        file.write_bytes(b"These are the memoirs of a lamp, and no database at all. " * 200)
    engine = engines.create(f"sqlite:///{file}", pool_size=20)

    assert_unavailable(in_database(engine))
    engine.dispose()


def test_locked_sqlite_file_blocks_only_writers(
    sqlite: Engine,
) -> None:
    store = in_database(sqlite)
    order = store.placed()
    with sqlite3.connect(str(sqlite.url.database), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")

        assert_unavailable(store, {name: METHODS[name] for name in ("enter", "requeue", "prune")})

        assert store.queries.get(order.id) == order
        other.execute("ROLLBACK")
    other.close()
    assert store.changed(order, OrderStatus.PAID).version == 2
