"""Clock of the store: due times and leases do not depend on the clock of a host."""

from datetime import UTC, datetime, timedelta

from dependency_injector import providers
from sqlalchemy import text

from orders_adapters.sql.engine import engine as engines
from orders_flask import Settings
from orders_flask.bootstrap.container import Container, close


def test_relay_and_jobs_use_the_clock_of_the_database(migrated_postgresql: str) -> None:
    container = Container(settings=Settings(database_url=migrated_postgresql))
    container.clock.override(providers.Object(lambda: datetime(2050, 1, 1, tzinfo=UTC)))  # a host whose clock is fast
    engine = engines.create(migrated_postgresql)

    with engine.connect() as connection:
        before = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        now = [container.store_clock()() for _ in range(3)]
        after = connection.execute(text("SELECT clock_timestamp()")).scalar_one()

    assert before <= now[0] <= now[1] <= now[2] <= after + timedelta(seconds=1)
    for provider in (container.relay_events, container.purge_expired_data, container.run_job):
        assert provider.kwargs["clock"] is container.store_clock
    assert container.job_worker().clock is container.store_clock()
    engine.dispose()
    close(container)


def test_embedded_database_has_the_clock_of_its_host() -> None:
    container = Container(settings=Settings(database_url="sqlite://"))

    assert container.store_clock() is container.clock()
    close(container)
