"""Stacks under test: one of each kind for the run, and new callers for each test."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from orders_flask import Settings, create_app
from orders_flask.bootstrap.container import Container
from orders_flask.observability import structured_logging
from tests.support.client import Caller
from tests.support.secrets import CART_SECRET, JWT_SECRET
from tests.support.server import Served
from tests.support.servers.postgresql import PostgresServer
from tests.support.servers.proxy import Proxy
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.servers.redis import RedisServer
from tests.support.service_stack import Stack
from tests.support.stores import copied_sqlite

RELOAD_INTERVAL = 100  # seconds; the limit of a test is 200 seconds


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    """Restore the log configuration, because creating an app configures the log of the process."""
    root, configuration = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers, root.level
    structured_logging.configure(level="ERROR", form="json")
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**configuration)


@pytest.fixture(scope="session")
def embedded_stack(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Stack]:
    """SQLite in a file, in-process cache and broker: the default settings."""
    directory = tmp_path_factory.mktemp("embedded")
    copied_sqlite(migrated_sqlite, directory)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.chdir(directory)
        settings = Settings(jwt_secret=JWT_SECRET, cart_snapshot_secret=CART_SECRET)
        stack = Stack(app=create_app(settings), settings=settings, directory=directory)
        stack.caller().list()  # the first request loads the revoked tokens
    yield stack
    stack.close()


@pytest.fixture(scope="session")
def real_settings(
    postgres_server: PostgresServer,
    template_postgresql: str,
    redis_server: RedisServer,
    rabbitmq_server: RabbitServer,
) -> Settings:
    return Settings(
        database_url=postgres_server.copy(template_postgresql),
        redis_url=redis_server.url,
        redis_prefix=f"{redis_server.prefix}http:",
        rabbitmq_url=rabbitmq_server.url,
        new_order_queue=rabbitmq_server.name("new-order"),
        events_exchange=rabbitmq_server.name("events"),
        order_events_exchange=rabbitmq_server.name("order-events"),
        tracking_queue=rabbitmq_server.queue("tracking"),
        jwt_secret=JWT_SECRET,
        cart_snapshot_secret=CART_SECRET,
    )


@pytest.fixture(scope="session")
def real_stack(
    real_settings: Settings, rabbitmq_server: RabbitServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """PostgreSQL, Redis and RabbitMQ, with a consumer on the exchange."""
    app = create_app(real_settings)
    stack = Stack(
        app=app,
        settings=real_settings,
        directory=tmp_path_factory.mktemp("real"),
        broker=rabbitmq_server,
    )
    stack.caller().list()  # the first request loads the revoked tokens
    with rabbitmq_server.channel() as channel:
        channel.exchange_declare(real_settings.events_exchange, exchange_type="topic", durable=True)
        channel.queue_declare(real_settings.new_order_queue, durable=True)
        channel.queue_declare(stack.listening)
        channel.queue_bind(stack.listening, real_settings.events_exchange, routing_key="#")
        channel.exchange_declare(real_settings.order_events_exchange, exchange_type="topic", durable=True)
        channel.queue_declare(stack.listening_to_carts)
        channel.queue_bind(stack.listening_to_carts, real_settings.order_events_exchange, routing_key="#")
    yield stack
    stack.close()
    rabbitmq_server.delete(stack.listening, stack.listening_to_carts)


@pytest.fixture(scope="session")
def revocations_loaded_at() -> dict[str, float]:
    """When each stack last loaded the revoked tokens, on the monotonic clock."""
    return {}


@pytest.fixture(params=["embedded", "real"])
def stack(
    request: pytest.FixtureRequest, revocations_loaded_at: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> Stack:
    """Each test runs on both stacks."""
    stack: Stack = request.getfixturevalue(f"{request.param}_stack")
    monkeypatch.chdir(stack.directory)  # the embedded database is a file of the working directory
    # The revoked tokens are loaded every 300 s by the next request, which a test that counts statements must not be.
    if time.monotonic() - revocations_loaded_at.get(request.param, -RELOAD_INTERVAL) >= RELOAD_INTERVAL:
        revocations_loaded_at[request.param] = time.monotonic()
        stack.caller().ask("GET", "/orders/none")
    return stack


@pytest.fixture
def ann(stack: Stack) -> Caller:
    return stack.caller()


@pytest.fixture
def build(tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Stack]]:
    """Create further services in a directory of the test; the database is migrated unless a container is given."""
    monkeypatch.chdir(tmp_path)
    made: list[Stack] = []

    def build(settings: Settings, *, container: Container | None = None) -> Stack:
        if container is None:
            settings = replace(
                settings,
                jwt_secret=settings.jwt_secret or JWT_SECRET,
                cart_snapshot_secret=settings.cart_snapshot_secret or CART_SECRET,
            )
            if settings.uses_default_database and not (tmp_path / "orders.db").exists():
                copied_sqlite(migrated_sqlite, tmp_path)
        made.append(Stack(app=create_app(settings, container=container), settings=settings, directory=tmp_path))
        return made[-1]

    yield build
    for stack in made:
        stack.close()


@pytest.fixture
def to_redis(real_stack: Stack) -> Iterator[Proxy]:
    """The proxy between a service and Redis."""
    with Proxy.before(real_stack.settings.redis_url) as network:
        yield network


@pytest.fixture
def far_from_redis(real_stack: Stack, to_redis: Proxy, build: Callable[..., Stack]) -> Stack:
    """A service that connects to Redis through a proxy."""
    url = to_redis.through(real_stack.settings.redis_url)
    return build(replace(real_stack.settings, redis_url=url, log_level="ERROR"))


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`orders serve` in a separate process with default settings, behind a socket."""
    with Served(tmp_path_factory.mktemp("served")) as served:
        yield served
