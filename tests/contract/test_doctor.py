"""`orders doctor` with real servers: it states why a component is unhealthy, and reveals no secret."""

import time
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import redis
from sqlalchemy import make_url

from tests.support.command import orders
from tests.support.servers.ephemeral import ThrowawayRedis
from tests.support.servers.ephemeral.redis_groups import Group
from tests.support.servers.postgresql import PostgresServer
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.servers.redis import RedisServer
from tests.support.stores import copied_sqlite

SECRET = "s3cret-word"


def reason_of(here: Path, part: str, **settings: str) -> str:
    """The reason why a component is unhealthy: one line, without a secret."""
    ended = orders("doctor", here=here, **settings)
    assert ended.returncode == 1, ended
    assert SECRET not in ended.stdout + ended.stderr
    (line,) = (line for line in ended.stdout.splitlines() if line.startswith(f"{part} "))
    return line


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"database": "nowhere"}, 'database "nowhere" does not exist'),
        ({"username": "nobody_at_all"}, "nobody_at_all"),
        ({"query": {"sslmode": "require"}}, "SSL"),
        ({"host": "no-such-host.invalid"}, "no-such-host.invalid"),
        ({"host": f"{SECRET}@127.0.0.1"}, "Pending migrations"),  # a password that contains an @
    ],
)
def test_postgresql_failure_has_its_reason(
    wrong: dict[str, object], why: str, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    url = make_url(postgres_server.url).set(password=SECRET).set(**wrong)  # type: ignore[arg-type]
    address = url.render_as_string(hide_password=False).replace("%40", "@")

    assert why in reason_of(tmp_path, "database", DATABASE_URL=address)


@pytest.mark.parametrize(
    ("address", "why"), [(f"redis://:{SECRET}@{{}}", "password"), ("redis://{}/99999", "DB index is out of range")]
)
def test_redis_failure_has_its_reason(address: str, why: str, redis_server: RedisServer, tmp_path: Path) -> None:
    netloc = urlsplit(redis_server.url).netloc.rpartition("@")[2]

    assert why in reason_of(tmp_path, "cache", REDIS_URL=address.format(netloc))


@pytest.mark.parametrize(
    ("address", "why"), [(f"amqp://guest:{SECRET}@{{}}", "ACCESS_REFUSED"), ("{}/nowhere", "vhost nowhere not found")]
)
def test_rabbitmq_failure_has_its_reason(address: str, why: str, rabbitmq_server: RabbitServer, tmp_path: Path) -> None:
    parts = urlsplit(rabbitmq_server.url)
    netloc = parts.netloc.rpartition("@")[2] if "guest" in address else f"amqp://{parts.netloc}"

    assert why in reason_of(tmp_path, "broker", RABBITMQ_URL=address.format(netloc))
    assert why in reason_of(tmp_path, "jobs", CELERY_BROKER_URL=address.format(netloc))


def test_shared_redis_prefix_is_advised_against(
    redis_server: RedisServer, migrated_sqlite: Path, tmp_path: Path
) -> None:
    prefix = f"{redis_server.prefix}{uuid4().hex}:"
    url = copied_sqlite(migrated_sqlite, tmp_path)

    def advice() -> str:
        ended = orders("doctor", here=tmp_path, DATABASE_URL=url, REDIS_URL=redis_server.url, REDIS_PREFIX=prefix)
        return "".join(line for line in ended.stdout.splitlines(keepends=True) if line.startswith("advice"))

    assert "REDIS_PREFIX" not in advice()
    with redis.Redis.from_url(redis_server.url) as client:
        client.zadd(f"{prefix}databases", {"that of another deployment": time.time()})

    assert "REDIS_PREFIX" in advice()


def test_missing_info_permission_is_advised(
    throwaway_redis: ThrowawayRedis, migrated_sqlite: Path, tmp_path: Path
) -> None:
    with redis.Redis.from_url(throwaway_redis.url) as client:
        client.acl_setuser(
            "orders",
            enabled=True,
            passwords=["+secret"],
            keys=["*"],
            channels=["*"],
            categories=["+@all", "-@dangerous"],
        )
    url = throwaway_redis.url.replace("redis://", "redis://orders:secret@")

    ended = orders("doctor", here=tmp_path, DATABASE_URL=copied_sqlite(migrated_sqlite, tmp_path), REDIS_URL=url)

    assert "permission +info" in ended.stdout
    assert "secret" not in ended.stdout


@pytest.mark.parametrize(
    ("url", "name", "why"),
    [
        ("redis+sentinel://:{}@127.0.0.1:1,127.0.0.1:2/shop", "Redis Sentinel", "No master found for 'shop'"),
        ("redis+cluster://:{}@127.0.0.1:1,127.0.0.1:2", "Redis Cluster", "Connection refused"),
    ],
)
def test_unreachable_redis_group_has_its_reason(url: str, name: str, why: str, tmp_path: Path) -> None:
    reason = reason_of(tmp_path, "cache", REDIS_URL=url.format(SECRET))

    assert why in reason
    assert reason.endswith(f"({name})")


@pytest.mark.deep
def test_redis_group_is_healthy_and_needs_no_advice(redis_group: Group, tmp_path: Path) -> None:
    orders("migrate", here=tmp_path)

    ended = orders("doctor", here=tmp_path, REDIS_URL=redis_group.url)

    assert ended.returncode == 0, ended
    name = "Redis Sentinel" if "sentinel" in redis_group.url else "Redis Cluster"
    assert f"cache      ok ({name})" in ended.stdout
    assert "advice" not in ended.stdout
