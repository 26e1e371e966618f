"""Servers of one run: PostgreSQL, Redis and RabbitMQ on private ports, each behind a fault-injecting proxy."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests.support.servers.ephemeral import ThrowawayPostgres, ThrowawayRabbit, ThrowawayRedis
from tests.support.servers.ephemeral.server import HOST
from tests.support.servers.proxy import Proxy

DATABASE = "torture"


class VolatileRedis(ThrowawayRedis):
    """Redis without persistence, as recommended, because copies restored from a file have lost their fences."""

    def command(self) -> Sequence[str]:
        return [*super().command(), "--appendonly", "no"]


@dataclass(frozen=True, kw_only=True)
class Servers:
    """The servers and their proxies. RabbitMQ takes seconds to start: `rabbit_started` returns when it is ready."""

    postgres: ThrowawayPostgres
    redis: VolatileRedis
    rabbit: ThrowawayRabbit
    rabbit_started: "Future[Any]"
    postgres_proxy: Proxy
    redis_proxy: Proxy
    rabbit_proxy: Proxy

    @property
    def addresses(self) -> dict[str, str]:
        """The settings of a service that connects to every server through its proxy."""
        postgres = urlsplit(self.postgres_proxy.through(self.postgres.url))
        return {
            "DATABASE_URL": postgres._replace(scheme="postgresql", path=f"/{DATABASE}").geturl(),
            "REDIS_URL": self.redis_proxy.through(self.redis.url),
            "RABBITMQ_URL": self.rabbit_proxy.through(self.rabbit.url),
        }

    def connect(self, *, database: str = DATABASE) -> "psycopg.Connection[dict[str, Any]]":
        """A direct connection, not through the proxy."""
        return psycopg.connect(
            host=HOST,
            port=self.postgres.port,
            user="postgres",
            dbname=database,
            autocommit=True,
            connect_timeout=30,
            row_factory=psycopg.rows.dict_row,
        )


@contextmanager
def started() -> Iterator[Servers]:
    """Start all three concurrently; the end of the block stops them and removes their data."""
    with ExitStack() as stack, ThreadPoolExecutor(3) as pool:
        postgres, redis, rabbit = ThrowawayPostgres(), VolatileRedis(), ThrowawayRabbit()
        stack.callback(rabbit.__exit__, None, None, None)
        rabbit_started = pool.submit(rabbit.__enter__)
        stack.callback(rabbit_started.exception)  # a server must not start while it is being stopped
        futures = [pool.submit(stack.enter_context, server) for server in (postgres, redis)]
        for future in futures:
            future.result()
        yield Servers(
            postgres=postgres,
            redis=redis,
            rabbit=rabbit,
            rabbit_started=rabbit_started,
            postgres_proxy=stack.enter_context(_proxy(postgres.port)),
            redis_proxy=stack.enter_context(_proxy(redis.port)),
            rabbit_proxy=stack.enter_context(_proxy(rabbit.port)),
        )


def _proxy(port: int) -> Proxy:
    return Proxy(HOST, port)
