"""Redis for a test run: keys under a separate prefix on any available server."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self
from unittest import mock

import redis
from redis.backoff import NoBackoff
from redis.connection import AbstractConnection
from redis.retry import Retry

from tests.support.servers.discovery import Unavailable
from tests.support.servers.naming import PREFIX

VARIABLE = "TEST_REDIS_URL"
USUAL = ("redis://127.0.0.1:6379/0",)


def version_at(url: str) -> str:
    """Return the version of the server at an address, or raise `Unavailable`."""
    try:
        with _connect(url) as client:
            return str(client.info("server")["redis_version"])
    except (redis.RedisError, OSError) as why:
        raise Unavailable(str(why)) from why


class RedisServer:
    """A server with keys under `prefix`; leaving the context deletes them."""

    prefix = f"{PREFIX}:"

    def __init__(self, url: str) -> None:
        self.url = url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with _connect(self.url) as client:
            for key in client.scan_iter(match=f"{self.prefix}*", count=1000):
                client.delete(key)


@contextmanager
def round_trips() -> Iterator[list[object]]:
    """The round trips of this process to Redis during the block, each with one command or several."""
    sent: list[object] = []
    send: Any = AbstractConnection.send_packed_command

    def record(connection: AbstractConnection, command: Any, check_health: bool = True) -> None:
        sent.append(command)
        send(connection, command, check_health)

    with mock.patch.object(AbstractConnection, "send_packed_command", record):
        yield sent


def _connect(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_timeout=5, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0), decode_responses=True
    )
