"""The adapters that the settings choose. A technology's library is imported only where it is used."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from orders_adapters.memory.bell import Bell
from orders_adapters.memory.cache import Cache as MemoryCache
from orders_adapters.memory.cache import NoCache
from orders_adapters.memory.publisher import Publisher as MemoryPublisher
from orders_adapters.security import tokens
from orders_domain.actor import Actor, Role
from orders_domain.errors import Refused, StoreUnavailable
from orders_domain.ports.analytics import Analytics
from orders_domain.ports.cache import Cache
from orders_domain.ports.catalogue import Catalogue
from orders_domain.ports.clock import Clock
from orders_domain.ports.identity import Identity
from orders_domain.ports.jobs import Jobs
from orders_domain.ports.outbox import Outbox
from orders_domain.ports.publisher import Publisher
from orders_domain.ports.queries import Queries
from orders_domain.ports.templates import Templates
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases import RunJob
from orders_flask.settings import SettingRefused, Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

Check: TypeAlias = Callable[[], str | None]
"""How a part is now: None when it is well, else what is wrong with it in a sentence."""


REDIS_ADVICE = (
    "Redis keeps snapshots: after a crash it would bring old copies of orders back, for five minutes at most. "
    "Give the cache a Redis with save '' and appendonly no."
)


def _nothing() -> None:
    """What is in this process needs no closing."""


def _fine() -> str | None:
    """What is in this process is never away."""
    return None


def _answers(ping: Callable[[], bool], name: str) -> str | None:
    return None if ping() else f"{name} does not answer."


@dataclass(frozen=True, kw_only=True)
class Migrations:
    """What brings a database to the tables of this release."""

    upgrade: Callable[[str], None]
    downgrade: Callable[[str], None]
    drift: Callable[[], Sequence[str]]  # what the migrations and the code disagree on


@dataclass(frozen=True, kw_only=True)
class Store:
    """A store of orders."""

    unit_of_work: Callable[[], UnitOfWork]
    queries: Queries
    reads: Queries  # the same, perhaps from a replica that is a little behind
    analytics: Analytics  # perhaps from the replica, too
    catalogue: Catalogue
    templates: Templates
    outbox: Outbox
    jobs: Jobs
    wait: Callable[[float], None]  # for news in the outbox, so many seconds at most
    wait_for_jobs: Callable[[float], None]  # that this process was given
    connections_in_use: Callable[[], int] = lambda: 0
    check: Check = _fine
    migrations: Migrations | None = None  # where there are tables
    close: Callable[[], None] = _nothing


@dataclass(frozen=True, kw_only=True)
class CachePart:
    cache: Cache
    circuit_open: Callable[[], bool] = lambda: False
    check: Check = _fine
    advice: Check = _fine  # what is not wrong now, and may be one day
    close: Callable[[], None] = _nothing


@dataclass(frozen=True, kw_only=True)
class BrokerPart:
    publisher: Publisher
    check: Check = _fine
    close: Callable[[], None] = _nothing


@contextmanager
def _blamed_on(variable: str) -> Iterator[None]:
    """Nothing is connected while parts are made, so what fails there is the setting."""
    try:
        yield
    except (ValueError, TypeError, Refused) as error:
        raise SettingRefused(f"{variable} cannot be used: {str(error).rstrip('.')}.") from error


def store(settings: Settings) -> Store:
    if settings.store_url == "memory://":
        return _memory_store()
    return _sql_store(settings.store_url, settings.database_read_url)


def _memory_store() -> Store:
    from orders_adapters.memory.analytics import Analytics
    from orders_adapters.memory.catalogue import Catalogue
    from orders_adapters.memory.jobs import Jobs
    from orders_adapters.memory.outbox import Outbox
    from orders_adapters.memory.queries import Queries
    from orders_adapters.memory.store import Store as Memory
    from orders_adapters.memory.templates import Templates
    from orders_adapters.memory.unit_of_work import UnitOfWork

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
        wait=bell.wait,
        wait_for_jobs=jobs_bell.wait,
    )


def _sql_store(url: str, read_url: str) -> Store:
    from orders_adapters.sql import (
        analytics,
        bell,
        catalogue,
        engine,
        jobs,
        migrate,
        outbox,
        queries,
        templates,
        unit_of_work,
    )

    with _blamed_on("DATABASE_URL"):
        database = engine.create(url)
    with _blamed_on("DATABASE_READ_URL"):
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


def job_runner(settings: Settings, run_job: Callable[[RunJob], object], *, clock: Clock) -> Callable[[UUID], object]:
    """Return what makes a job run: Celery where it is set up, else this process."""
    if not settings.celery_broker_url:
        return lambda job_id: run_job(RunJob(job_id=job_id))
    try:
        from orders_flask.workers.celery import Sender
    except ImportError as error:
        raise SettingRefused(
            "CELERY_BROKER_URL is set, and Celery is not installed: pip install '.[celery]'"
        ) from error
    return Sender(settings, clock=clock)


def cache(settings: Settings, *, clock: Clock) -> CachePart:
    if settings.cache == "redis":
        from orders_adapters.redis.cache import Cache as RedisCache

        with _blamed_on("REDIS_URL"):
            redis = RedisCache(settings.redis_url, prefix=settings.redis_prefix)
        return CachePart(
            cache=redis,
            circuit_open=lambda: redis.circuit_open,
            check=partial(_answers, redis.ping, "Redis"),
            advice=lambda: REDIS_ADVICE if redis.keeps_snapshots() else None,
            close=redis.close,
        )
    return CachePart(cache=MemoryCache(clock=clock) if settings.cache == "memory" else NoCache())


def broker(settings: Settings) -> BrokerPart:
    if settings.broker == "rabbitmq":
        from orders_adapters.rabbitmq.publisher import Publisher as RabbitPublisher

        with _blamed_on("RABBITMQ_URL"):
            rabbit = RabbitPublisher(
                settings.rabbitmq_url,
                queue=settings.new_order_queue,
                exchange=settings.events_exchange,
                queue_type=settings.queue_type,
            )
        return BrokerPart(publisher=rabbit, check=partial(_answers, rabbit.ping, "RabbitMQ"), close=rabbit.close)
    return BrokerPart(publisher=MemoryPublisher())


def identity(settings: Settings) -> Identity:
    key_for: tokens.KeyFor
    if settings.jwt_jwks_url:
        from orders_adapters.security.jwks import ProviderKeys

        with _blamed_on("JWT_JWKS_URL"):
            key_for = ProviderKeys(settings.jwt_jwks_url, algorithm=settings.algorithm)
    elif settings.jwt_public_key:
        with _blamed_on("JWT_PUBLIC_KEY"):
            key_for = tokens.public_key(settings.jwt_public_key, algorithm=settings.algorithm)
    else:
        key_for = tokens.shared_secret(settings.signing_secret)
    return tokens.Tokens(
        key_for,
        algorithm=settings.algorithm,
        issuer=settings.jwt_issuer or None,
        audience=settings.jwt_audience or None,
    )


def mint(settings: Settings, *, subject: str, role: Role, scopes: Sequence[str], seconds: int) -> str:
    """Return a token of our own, for development.

    Raises:
        Refused: nobody can be called that.
    """
    Actor(subject=subject)
    claims = {"iss": settings.jwt_issuer, "aud": settings.jwt_audience}
    return tokens.mint(
        subject=subject,
        secret=settings.signing_secret,
        expires=int(time.time()) + seconds,
        role=role,
        scopes=scopes,
        **{name: value for name, value in claims.items() if value},
    )
