"""A separate service for each test: a migrated database, a Redis prefix, a queue and an exchange."""

import os
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from orders_adapters.sql import migrate
from tests.contract.faults.service import Service, shop_of
from tests.support.servers.ephemeral import ThrowawayPostgres, ThrowawayRabbit, ThrowawayRedis
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.servers.redis import RedisServer
from tests.support.shop import DatabaseShop


@pytest.fixture
def chance() -> Random:
    """A seeded random generator: a failure prints the seed."""
    seed = int(os.environ.get("ORDERS_TEST_SEED") or secrets.randbits(32))
    print(f"ORDERS_TEST_SEED={seed}")
    return Random(seed)


@pytest.fixture
def service(
    copied_postgresql: str, redis_server: RedisServer, rabbitmq_server: RabbitServer, tmp_path: Path
) -> Service:
    """The service on the servers of the run."""
    name = rabbitmq_server.name("faults")
    return Service(
        database_url=copied_postgresql,
        redis_url=redis_server.url,
        redis_prefix=f"{redis_server.prefix}{name}:",
        rabbitmq_url=rabbitmq_server.url,
        name=name,
        exchange=rabbitmq_server.name("faults-events"),
        directory=tmp_path,
    )


@pytest.fixture
def core(service: Service) -> Iterator[DatabaseShop]:
    with shop_of(service) as core:
        yield core


@pytest.fixture
def on_a_postgres_to_break(service: Service, throwaway_postgres: ThrowawayPostgres) -> Service:
    migrate.upgrade(throwaway_postgres.url)
    return replace(service, database_url=throwaway_postgres.url)


@pytest.fixture
def on_a_redis_to_break(service: Service, throwaway_redis: ThrowawayRedis) -> Service:
    return replace(service, redis_url=throwaway_redis.url)


@pytest.fixture
def on_a_rabbit_to_break(service: Service, throwaway_rabbit: ThrowawayRabbit) -> Service:
    return replace(service, rabbitmq_url=throwaway_rabbit.url)
