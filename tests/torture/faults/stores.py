"""Store faults: Redis, RabbitMQ and PostgreSQL killed, frozen, emptied, full, or disconnected."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress

import psycopg
import redis
from pika.exceptions import NackError

from tests.support.servers.ephemeral.server import Throwaway
from tests.torture import collector
from tests.torture.faults.fault import Fault, Scene


def kill_redis(scene: Scene) -> Callable[[], object]:
    return _kill(scene.servers.redis)


def freeze_redis(scene: Scene) -> Callable[[], object]:
    return _freeze(scene.servers.redis)


def flush_redis(scene: Scene) -> None:
    with redis.Redis.from_url(scene.servers.redis.url) as client:
        client.flushall()


def fill_redis(scene: Scene) -> Callable[[], object]:
    """Reads succeed, and commands that need memory fail."""
    return _configure_redis(scene, "maxmemory", during="1", afterwards="0")


def take_replicas_from_redis(scene: Scene) -> Callable[[], object]:
    """Reads succeed, and every write fails, including deletes."""
    return _configure_redis(scene, "min-replicas-to-write", during="1", afterwards="0")


def demote_redis(scene: Scene) -> Callable[[], object]:
    """Reads succeed, and every write fails, as on the replica that remains after a failover; its data stays."""

    def replicate(*master: str) -> None:
        with redis.Redis.from_url(scene.servers.redis.url) as client:
            client.execute_command("REPLICAOF", *master)

    replicate("127.0.0.1", "1")
    return lambda: replicate("NO", "ONE")


def kill_rabbit(scene: Scene) -> Callable[[], object]:
    return _kill(scene.servers.rabbit)


def freeze_rabbit(scene: Scene) -> Callable[[], object]:
    return _freeze(scene.servers.rabbit)


def fill_rabbit_queue(scene: Scene) -> Callable[[], object]:
    """A full queue rejects every event, although other queues of the exchange have received it.

    The queue is exclusive to its connection, so that it does not return when RabbitMQ is killed.
    """
    with ExitStack() as stack:
        broker = stack.enter_context(collector.channel(scene.servers))
        limits = {"x-max-length": 1, "x-overflow": "reject-publish"}
        broker.queue_declare("full", exclusive=True, arguments=limits)
        broker.queue_bind("full", collector.EXCHANGE, "orders.#")
        broker.confirm_delivery()
        with suppress(NackError):  # an event of the service has filled it already
            broker.basic_publish("", "full", b"")
        return stack.pop_all().close


def restart_postgres(scene: Scene) -> Callable[[], object]:
    scene.servers.postgres.stop()
    return scene.servers.postgres.start


def kill_postgres(scene: Scene) -> Callable[[], object]:
    return _kill(scene.servers.postgres)


def cut_postgres(scene: Scene) -> None:
    with scene.servers.connect() as connection:
        try:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        except psycopg.OperationalError:  # the server may have closed this connection, too
            return


def _kill(server: Throwaway) -> Callable[[], object]:
    server.kill()
    return server.start


def _freeze(server: Throwaway) -> Callable[[], object]:
    server.freeze()
    return server.thaw


def _configure_redis(scene: Scene, name: str, *, during: str, afterwards: str) -> Callable[[], object]:
    def configure(value: str) -> None:
        with redis.Redis.from_url(scene.servers.redis.url) as client:
            client.config_set(name, value)

    configure(during)
    return lambda: configure(afterwards)


FAULTS: Sequence[Fault] = (
    Fault(name="redis killed", strike=kill_redis),
    Fault(name="redis frozen", strike=freeze_redis),
    Fault(name="redis flushed", strike=flush_redis),
    Fault(name="redis full", strike=fill_redis),
    Fault(name="redis without replicas", strike=take_replicas_from_redis),
    Fault(name="redis read-only", strike=demote_redis),
    Fault(name="rabbitmq killed", strike=kill_rabbit, lasts=True),
    Fault(name="rabbitmq frozen", strike=freeze_rabbit),
    Fault(name="rabbitmq queue full", strike=fill_rabbit_queue),
    Fault(name="postgresql restarted", strike=restart_postgres, seconds=(0, 1)),
    Fault(name="postgresql killed", strike=kill_postgres, seconds=(0, 1)),
    Fault(name="postgresql connections cut", strike=cut_postgres),
)
