"""The store of orders: in a database, or in memory."""

from collections.abc import Mapping
from functools import partial

from orders_flask.parts.shapes import Check, Store, installed
from orders_flask.settings import Settings


def store(settings: Settings) -> Store:
    if settings.store_url == "memory://":
        from orders_flask.parts import memory_store

        return memory_store.store()
    with installed("postgres", wanted_by="DATABASE_URL"):
        from orders_flask.parts import sql_store

        return sql_store.store(settings.store_url, read_url=settings.database_read_url)


def replica_checks(settings: Settings) -> Mapping[str, Check]:
    if not settings.database_read_url:
        return {}
    from orders_flask.parts import sql_store

    return {"replica": partial(sql_store.check_once, settings.database_read_url)}
