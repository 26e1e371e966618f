"""The store of orders in a database, and perhaps its replica."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orders_adapters.memory.bell import Bell
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
from orders_domain.errors import StoreUnavailable
from orders_flask.parts.shapes import Migrations, Store, blamed_on, with_reason

if TYPE_CHECKING:
    from sqlalchemy import Engine


def store(url: str, *, read_url: str) -> Store:
    with blamed_on("DATABASE_URL"):
        database = engine.create(url)
    with blamed_on("DATABASE_READ_URL"):
        replica = engine.create(read_url) if read_url else database
    ringing, jobs_bell = bell.Bell(database), Bell()
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
        connections_in_use=partial(engine.connections_in_use, database),
        check=partial(_check, database),
        close=partial(_close, ringing, database, replica),
        migrations=Migrations(
            upgrade=partial(migrate.upgrade, url),
            downgrade=partial(migrate.downgrade, url),
            current=partial(migrate.current, database),
            drift=_drift,
        ),
    )


def check_once(url: str) -> str | None:
    """Say how a database is, on a connection of its own, which is given back."""
    database = engine.create(url, pool_size=1)
    try:
        return _check(database)
    finally:
        database.dispose()


def _close(ringing: bell.Bell, *engines: Engine) -> None:
    ringing.close()
    for one in engines:
        one.dispose()


def _drift() -> Sequence[str]:
    """Compare on a database of our own, so that nobody's is touched."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'drift.db'}"
        migrate.upgrade(url)
        return migrate.check(url)


def _check(database: Engine) -> str | None:
    try:
        engine.ping(database)
        if missing := migrate.pending(database):
            return f"The database lacks the migrations {', '.join(missing)}; run: orders migrate"
        lost = migrate.missing_triggers(database)
    except StoreUnavailable as error:
        return with_reason(error)
    return f"The database has lost the triggers {', '.join(lost)}, which its migrations made." if lost else None
