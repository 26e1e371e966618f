"""The store of orders: in a database, or in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orders_adapters.memory.bell import Bell
from orders_domain.errors import StoreUnavailable
from orders_flask.parts.shapes import Migrations, Store, blamed_on
from orders_flask.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine


def store(settings: Settings) -> Store:
    if settings.store_url == "memory://":
        return _memory_store()
    return _sql_store(settings.store_url, settings.database_read_url)


def _memory_store() -> Store:
    from orders_adapters.memory.addresses import Addresses
    from orders_adapters.memory.analytics import Analytics
    from orders_adapters.memory.catalogue import Catalogue
    from orders_adapters.memory.denylist import Denylist
    from orders_adapters.memory.inbox import NotedMessages
    from orders_adapters.memory.jobs import Jobs
    from orders_adapters.memory.keys import KeptKeys
    from orders_adapters.memory.outbox import Outbox
    from orders_adapters.memory.queries import Queries
    from orders_adapters.memory.store import Store as Memory
    from orders_adapters.memory.templates import Templates
    from orders_adapters.memory.unit_of_work import UnitOfWork
    from orders_adapters.memory.users import Users

    bell, jobs_bell = Bell(), Bell()
    memory = Memory(on_commit=bell.ring, on_job=jobs_bell.ring)
    return Store(
        unit_of_work=lambda: UnitOfWork(memory),
        queries=Queries(memory),
        reads=Queries(memory),
        analytics=Analytics(memory),
        catalogue=Catalogue(memory),
        templates=Templates(memory),
        outbox=Outbox(memory),
        jobs=Jobs(memory),
        keys=KeptKeys(memory),
        inbox=NotedMessages(memory),
        addresses=Addresses(memory),
        users=Users(memory),
        denied=Denylist(memory),
        wait=bell.wait,
        wait_for_jobs=jobs_bell.wait,
    )


def _sql_store(url: str, read_url: str) -> Store:
    from orders_adapters.sql import (
        addresses,
        analytics,
        bell,
        catalogue,
        denylist,
        engine,
        inbox,
        jobs,
        keys,
        migrate,
        outbox,
        queries,
        templates,
        unit_of_work,
        users,
    )

    with blamed_on("DATABASE_URL"):
        database = engine.create(url)
    with blamed_on("DATABASE_READ_URL"):
        replica = engine.create(read_url) if read_url else database
    ringing, jobs_bell = bell.Bell(database), Bell()

    def close() -> None:
        ringing.close()
        for one in (database, replica):
            one.dispose()

    return Store(
        unit_of_work=lambda: unit_of_work.UnitOfWork(database, on_commit=ringing.ring),
        queries=queries.Queries(database),
        reads=queries.Queries(replica),
        analytics=analytics.Analytics(replica),
        catalogue=catalogue.Catalogue(database),
        templates=templates.Templates(database),
        outbox=outbox.Outbox(database),
        jobs=jobs.Jobs(database, on_add=jobs_bell.ring),
        keys=keys.KeptKeys(database),
        inbox=inbox.NotedMessages(database),
        addresses=addresses.Addresses(database),
        users=users.Users(database),
        denied=denylist.Denylist(database),
        wait=ringing.wait,
        wait_for_jobs=jobs_bell.wait,
        connections_in_use=lambda: engine.connections_in_use(database),
        check=partial(_database_check, database),
        close=close,
        migrations=Migrations(
            upgrade=partial(migrate.upgrade, url), downgrade=partial(migrate.downgrade, url), drift=_drift
        ),
    )


def _drift() -> Sequence[str]:
    """Compare on a database of our own, so that nobody's is touched."""
    from orders_adapters.sql import migrate

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'drift.db'}"
        migrate.upgrade(url)
        return migrate.check(url)


def _database_check(database: Engine) -> str | None:
    from orders_adapters.sql import engine, migrate

    try:
        engine.ping(database)
        missing = migrate.pending(database)
    except StoreUnavailable as error:
        return str(error)
    return f"The database lacks the migrations {', '.join(missing)}; run: orders migrate" if missing else None
