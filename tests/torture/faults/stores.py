"""Store faults: Redis, RabbitMQ and PostgreSQL killed, frozen, emptied, full, or disconnected."""

from collections.abc import Callable, Sequence

import psycopg
import redis

from tests.support.servers.ephemeral.server import Throwaway
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
    Fault(name="postgresql restarted", strike=restart_postgres, seconds=(0, 1)),
    Fault(name="postgresql killed", strike=kill_postgres, seconds=(0, 1)),
    Fault(name="postgresql connections cut", strike=cut_postgres),
)
