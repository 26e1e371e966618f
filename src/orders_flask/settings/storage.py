"""Settings of the database and of Redis."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from orders_flask.settings.database_address import normalize
from orders_flask.settings.validation import InvalidSetting, require_scheme, setting

REDIS_SCHEMES = (
    *("redis", "rediss", "unix"),
    *("redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster"),  # rediss is TLS
)
_SCHEMA = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True, kw_only=True)
class StorageSettings:
    """The database, its read replica, and the cache."""

    database_url: str = setting(
        "DATABASE_URL",
        "",
        "`postgresql://…` or `sqlite:///file`; of a server with replicas "
        "`postgresql://a,b/orders?target_session_attrs=read-write`; by default `sqlite:///orders.db`",
        secret=True,
    )
    database_read_url: str = setting(
        "DATABASE_READ_URL",
        "",
        "a read replica for searches of administrators, analytics and exports; by default `DATABASE_URL`",
        secret=True,
    )
    database_schema: str = setting(
        "DATABASE_SCHEMA",
        "",
        "the PostgreSQL schema of all tables; by default the first one of the role's `search_path`, such as `public`",
    )
    redis_url: str = setting(
        "REDIS_URL",
        "",
        "the cache: `redis://host`, `rediss://host` with TLS, `unix://path`, `redis+sentinel://host,host/service_name` "
        "or `redis+cluster://host,host`; by default in-process memory, or none if `DATABASE_URL` is set",
        secret=True,
    )
    redis_prefix: str = setting("REDIS_PREFIX", "orders:", "prefix of all keys in Redis")

    @property
    def uses_default_database(self) -> bool:
        """Whether DATABASE_URL is unset, so that the database is a SQLite file in the working directory."""
        return not self.database_url

    @property
    def store_url(self) -> str:
        return self.database_url or "sqlite:///orders.db"

    @property
    def local_secrets(self) -> Path:
        """The file of the random secrets that stand in for those that are not set: beside the database."""
        path = self.store_url.removeprefix("sqlite:///").partition("?")[0]
        stored = self.store_url.startswith("sqlite:///") and path not in {"", ":memory:"} and "file:" not in path
        return Path(f"{path}.secrets" if stored else "orders.secrets")

    @property
    def cache(self) -> Literal["redis", "memory", "none"]:
        """The cache; in-process memory only without a shared database, because other processes cannot invalidate it."""
        if self.redis_url:
            return "redis"
        return "memory" if self.uses_default_database or self.database_url == "memory://" else "none"

    @property
    def redis_name(self) -> str:
        """The kind of Redis that REDIS_URL names, as people call it."""
        kind = self.redis_url.partition("://")[0].partition("+")[2]
        return f"Redis {kind.capitalize()}" if kind else "Redis"

    def _check_storage(self) -> None:
        for field, name in (("database_url", "DATABASE_URL"), ("database_read_url", "DATABASE_READ_URL")):
            object.__setattr__(self, field, normalize(name, getattr(self, field)))
        require_scheme("DATABASE_URL", self.database_url, "postgresql", "sqlite", "memory")
        require_scheme("DATABASE_READ_URL", self.database_read_url, "postgresql", "sqlite")
        require_scheme("REDIS_URL", self.redis_url, *REDIS_SCHEMES)
        if self.database_schema:
            self._check_schema()

    def _check_schema(self) -> None:
        if not _SCHEMA.fullmatch(self.database_schema):
            raise InvalidSetting(
                f"DATABASE_SCHEMA is {self.database_schema!r}; it must have 1 to 63 lower-case letters, digits and "
                "underscores, and must not begin with a digit or with pg_."
            )
        if not all(url.startswith("postgres") for url in (self.store_url, self.database_read_url) if url):
            raise InvalidSetting("DATABASE_SCHEMA must only be set if the database is PostgreSQL; others have none.")
