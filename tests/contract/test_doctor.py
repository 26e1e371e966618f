"""`orders doctor` with real servers: it states why a component is unhealthy, and reveals no secret."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import make_url

from tests.support.command import orders
from tests.support.servers.postgresql import PostgresServer
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.servers.redis import RedisServer

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
        ({"host": f"{SECRET}@127.0.0.1"}, "failed to resolve host"),  # a password that contains an @
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
