"""Test servers: separate names per run, and faults that leave data like a crash."""

import time

import pika
import psycopg
import pytest
import redis
from sqlalchemy import make_url

from tests.support.servers import naming, postgresql, rabbitmq
from tests.support.servers import redis as redis_part
from tests.support.servers.discovery import Unavailable
from tests.support.servers.ephemeral import ThrowawayPostgres, ThrowawayRabbit, ThrowawayRedis
from tests.support.servers.ephemeral.rabbit import NEW_QUEUE_SECONDS
from tests.support.servers.postgresql import PostgresServer
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.servers.redis import RedisServer

PERSISTENT = pika.BasicProperties(delivery_mode=2)


def connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, autocommit=True, connect_timeout=5)


def test_databases_are_empty_and_droppable(postgres_server: PostgresServer) -> None:
    url = postgres_server.database()
    name = make_url(url).database
    assert name is not None
    assert name.startswith(naming.DATABASE)
    assert name != make_url(postgres_server.url).database

    in_use = connect(url)
    assert in_use.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    postgres_server.drop(url)
    in_use.close()

    with connect(postgres_server.url) as connection:
        assert connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None


def test_keys_of_the_run_are_deleted(redis_server: RedisServer) -> None:
    class OfAnotherRun(RedisServer):
        prefix = f"{redis_server.prefix}another-run:"

    with redis.Redis.from_url(redis_server.url) as client:
        with OfAnotherRun(redis_server.url) as another:
            client.set(f"{another.prefix}key", "gone")
            client.set(f"{redis_server.prefix}key", "kept")

        assert client.get(f"{another.prefix}key") is None
        assert client.get(f"{redis_server.prefix}key") == b"kept"


def test_queue_and_exchange_are_deleted_by_name(rabbitmq_server: RabbitServer) -> None:
    name = rabbitmq_server.name("orders")
    with rabbitmq_server.channel() as channel:
        channel.queue_declare(name, durable=True)
        channel.exchange_declare(name)

        rabbitmq_server.delete(name)

        channel.exchange_declare(name, exchange_type="fanout")  # would be rejected if the old direct exchange existed
        assert channel.queue_declare(name).method.message_count == 0
    rabbitmq_server.delete(name)


def test_killed_postgres_retains_commits(throwaway_postgres: ThrowawayPostgres) -> None:
    with connect(throwaway_postgres.url) as connection:
        connection.execute("CREATE TABLE orders AS SELECT 'placed' AS status")

    throwaway_postgres.kill()
    with pytest.raises(Unavailable):
        postgresql.version_at(throwaway_postgres.url)

    throwaway_postgres.start()
    with connect(throwaway_postgres.url) as connection:
        assert connection.execute("SELECT status FROM orders").fetchone() == ("placed",)


def test_stopped_redis_retains_keys(throwaway_redis: ThrowawayRedis) -> None:
    with redis.Redis.from_url(throwaway_redis.url) as client:
        client.set("order", "placed")

    throwaway_redis.stop()
    with pytest.raises(Unavailable):
        redis_part.version_at(throwaway_redis.url)
    throwaway_redis.start()

    throwaway_redis.freeze()
    with redis.Redis.from_url(throwaway_redis.url, socket_timeout=0.2, retry=None) as client:
        with pytest.raises(redis.TimeoutError):
            client.get("order")
        throwaway_redis.thaw()
    with redis.Redis.from_url(throwaway_redis.url) as client:
        assert client.get("order") == b"placed"


@pytest.mark.deep  # the tests of a broken broker show it, too
def test_killed_rabbit_retains_persistent_messages(throwaway_rabbit: ThrowawayRabbit) -> None:
    server = RabbitServer(throwaway_rabbit.url)
    with server.channel() as channel:
        channel.confirm_delivery()
        channel.queue_declare("orders", durable=True)
        channel.basic_publish("", "orders", b"placed", PERSISTENT)
    time.sleep(NEW_QUEUE_SECONDS)

    throwaway_rabbit.kill()
    with pytest.raises(Unavailable):
        rabbitmq.version_at(throwaway_rabbit.url)

    throwaway_rabbit.start()
    with server.channel() as channel:
        assert channel.basic_get("orders", auto_ack=True)[2] == b"placed"
