"""Ephemeral PgBouncer in transaction mode, in front of a PostgreSQL."""

import pwd
import shutil
from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import make_url

from tests.support.servers import postgresql
from tests.support.servers.discovery import Unavailable
from tests.support.servers.ephemeral.server import HOST, Throwaway

SESSIONS = 4
"""The sessions of the server for each database: few, so that clients change sessions often."""


class ThrowawayPgBouncer(Throwaway):
    """PgBouncer in front of the server of `behind`, configured as it is installed but for its mode.

    `settings` are further settings, such as `ignore_startup_parameters="options"`.
    """

    def __init__(self, behind: str, **settings: str) -> None:
        super().__init__()
        self._behind = make_url(behind)
        self._settings = settings
        with suppress(KeyError):
            self.account = pwd.getpwnam("postgres").pw_name  # it does not run as root

    @property
    def url(self) -> str:
        return self.before(self._behind.render_as_string(hide_password=False))

    def before(self, url: str) -> str:
        """Return the address by which a database of the server is reached through the pooler."""
        return make_url(url).set(host=HOST, port=self.port, query={}).render_as_string(hide_password=False)

    def prepare(self) -> None:
        self._program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
        if self._program is None:
            raise Unavailable("pgbouncer is not installed")
        login = f"user={self._behind.username}"
        if self._behind.password:
            login += f" password={self._behind.password}"
        settings = {
            "listen_addr": HOST,
            "listen_port": self.port,
            "unix_socket_dir": "",
            "auth_type": "any",
            "pool_mode": "transaction",
            "default_pool_size": SESSIONS,
            **self._settings,
        }
        lines = [
            "[databases]",
            f"* = host={self._behind.host} port={self._behind.port or 5432} {login}",
            "[pgbouncer]",
            *(f"{name} = {value}" for name, value in settings.items()),
        ]
        (self.directory / "pgbouncer.ini").write_text("\n".join(lines) + "\n")

    def command(self) -> Sequence[str]:
        return [str(self._program), "pgbouncer.ini"]

    def version(self) -> str:
        return postgresql.version_at(self.url)
