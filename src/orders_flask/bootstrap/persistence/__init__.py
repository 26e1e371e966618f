"""Persistence component: a database or in-process memory."""

from collections.abc import Mapping
from functools import partial

from orders_flask.bootstrap.components import Check, PersistenceComponent, require_extra
from orders_flask.settings import Settings

BACKGROUND_CONNECTIONS = 7
"""Beside those of the threads for requests: relay, jobs, reservations, webhooks, health check, and two for files."""


def connections(threads: int) -> int:
    """Return the size of the pool: one connection for each thread, so that no thread waits for another's."""
    return threads + max(threads // 2, 1) + BACKGROUND_CONNECTIONS


def store(settings: Settings) -> PersistenceComponent:
    if settings.store_url == "memory://":
        from orders_flask.bootstrap.persistence import memory

        return memory.store()
    with require_extra("postgres", wanted_by="DATABASE_URL"):
        from orders_flask.bootstrap.persistence import sql

        return sql.store(
            settings.store_url,
            read_url=settings.database_read_url,
            schema=settings.database_schema,
            pool_size=connections(settings.threads),
        )


def replica_checks(settings: Settings) -> Mapping[str, Check]:
    if not settings.database_read_url:
        return {}
    from orders_flask.bootstrap.persistence import sql

    return {"replica": partial(sql.check_once, settings.database_read_url, schema=settings.database_schema)}
