"""Ephemeral Redis with persistent data."""

import shutil
from collections.abc import Sequence

from tests.support.servers import redis
from tests.support.servers.discovery import Unavailable
from tests.support.servers.ephemeral.server import HOST, Throwaway


class ThrowawayRedis(Throwaway):
    """Redis with an append-only file: acknowledged writes survive `kill` and `start`."""

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def prepare(self) -> None:
        self._program = shutil.which("redis-server") or shutil.which("valkey-server")
        if self._program is None:
            raise Unavailable("redis-server is not installed")

    def command(self) -> Sequence[str]:
        options = {"port": str(self.port), "bind": HOST, "dir": str(self.directory)}
        durable = {"appendonly": "yes", "appendfsync": "no", "save": ""}
        settings = [word for name, value in (options | durable).items() for word in (f"--{name}", value)]
        return [str(self._program), *settings]

    def version(self) -> str:
        return redis.version_at(self.url)
