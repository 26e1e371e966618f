"""Server fixtures: one server per run, or a skip that names the missing server.

Each fixture imports its client library on first use, because a run without servers then starts a second earlier.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, TypeVar

import pytest

from tests.support.report import for_want_of, used
from tests.support.servers.discovery import Part, Unavailable, find

if TYPE_CHECKING:
    from tests.support.servers.ephemeral import (
        ThrowawayPgBouncer,
        ThrowawayPostgres,
        ThrowawayRabbit,
        ThrowawayRedis,
    )
    from tests.support.servers.ephemeral.redis_groups import Group
    from tests.support.servers.ephemeral.server import Throwaway
    from tests.support.servers.kafka import KafkaServer
    from tests.support.servers.postgresql import PostgresServer
    from tests.support.servers.rabbitmq import RabbitServer
    from tests.support.servers.redis import RedisServer

Server = TypeVar("Server")
Breakable = TypeVar("Breakable", bound="Throwaway")


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> Iterator["PostgresServer"]:
    """PostgreSQL: `url` of the run's database, `database()` for the URL of a new one."""
    from tests.support.servers import parts, postgresql

    yield from _serve(pytestconfig, parts.POSTGRESQL, postgresql.PostgresServer)


@pytest.fixture(scope="session")
def redis_server(pytestconfig: pytest.Config) -> Iterator["RedisServer"]:
    """Redis: `url`, and the `prefix` of every key of the run."""
    from tests.support.servers import parts, redis

    yield from _serve(pytestconfig, parts.REDIS, redis.RedisServer)


@pytest.fixture(scope="session")
def rabbitmq_server(pytestconfig: pytest.Config) -> Iterator["RabbitServer"]:
    """RabbitMQ: `url`, and `name(label)` for queues and exchanges under the run's `prefix`."""
    from tests.support.servers import parts, rabbitmq

    yield from _serve(pytestconfig, parts.RABBITMQ, rabbitmq.RabbitServer)


def _serve(
    config: pytest.Config, part: Part, serve: Callable[[str], AbstractContextManager[Server]]
) -> Iterator[Server]:
    with ExitStack() as stack:
        try:
            server = find(part, until=stack)
        except Unavailable as why:
            for_want_of(part.name, why=str(why))
        used(config, str(server))
        yield stack.enter_context(serve(server.url))


@pytest.fixture(scope="session")
def kafka_server(pytestconfig: pytest.Config) -> Iterator["KafkaServer"]:
    """Kafka, as librdkafka's mock cluster in a separate process: `servers`, and `name(label)` for topics."""
    from tests.support.servers.kafka import KafkaServer

    with KafkaServer() as server:
        used(pytestconfig, f"librdkafka's mock of Kafka at {server.servers}")
        yield server


@pytest.fixture(scope="module")
def module_postgres() -> Iterator["ThrowawayPostgres"]:
    """One PostgreSQL per module, because a start takes one or two seconds."""
    from tests.support.servers.ephemeral import ThrowawayPostgres

    yield from _start("PostgreSQL", ThrowawayPostgres)


@pytest.fixture
def throwaway_postgres(module_postgres: "ThrowawayPostgres") -> "ThrowawayPostgres":
    """A PostgreSQL that the test may kill and freeze, with the data that earlier tests of the module committed."""
    return _running(module_postgres)


@pytest.fixture(scope="module", params=["", "options"], ids=["as installed", "ignoring options"])
def pgbouncer(request: pytest.FixtureRequest, postgres_server: "PostgresServer") -> Iterator["ThrowawayPgBouncer"]:
    """PgBouncer in transaction mode; it refuses our settings as it is installed, and ignores them if so configured."""
    from tests.support.servers.ephemeral import ThrowawayPgBouncer

    settings = {"ignore_startup_parameters": request.param} if request.param else {}
    yield from _start("PgBouncer", lambda: ThrowawayPgBouncer(postgres_server.url, **settings))


@pytest.fixture
def throwaway_redis() -> Iterator["ThrowawayRedis"]:
    """A Redis that the test may kill and freeze."""
    from tests.support.servers.ephemeral import ThrowawayRedis

    yield from _start("Redis", ThrowawayRedis)


@pytest.fixture(scope="module", params=["sentinel", "cluster"])
def redis_group(request: pytest.FixtureRequest) -> Iterator["Group"]:
    """A master with a replica and three Sentinels, or a Redis Cluster of six; one for a module."""
    from tests.support.servers.ephemeral.redis_groups import ClusterGroup, SentinelGroup

    yield from _start("Redis", SentinelGroup if request.param == "sentinel" else ClusterGroup)


@pytest.fixture(scope="module")
def module_rabbit() -> Iterator["ThrowawayRabbit"]:
    """One RabbitMQ per module, because a start takes 5 to 10 seconds."""
    from tests.support.servers.ephemeral import ThrowawayRabbit

    yield from _start("RabbitMQ", ThrowawayRabbit)


@pytest.fixture
def throwaway_rabbit(module_rabbit: "ThrowawayRabbit") -> "ThrowawayRabbit":
    """A RabbitMQ that the test may kill and freeze, with the queues that earlier tests of the module left."""
    return _running(module_rabbit)


def _running(server: Breakable) -> Breakable:
    """Return the server in a running state, whatever the previous test did to it."""
    server.thaw()
    server.start()
    return server


def _start(part: str, start: Callable[[], AbstractContextManager[Server]]) -> Iterator[Server]:
    with ExitStack() as stack:
        try:
            server = stack.enter_context(start())
        except Unavailable as why:
            for_want_of(f"a {part} to break", why=str(why))
        yield server
