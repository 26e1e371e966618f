"""Clock of the store: due times and leases do not depend on the clock of a host."""

from datetime import UTC, datetime, timedelta

from dependency_injector import providers
from sqlalchemy import text

from orders_adapters.sql.engine import engine as engines
from orders_flask import Settings
from orders_flask.bootstrap.container import Container, close

OF_THE_STORE = (
    *("relay_events", "purge_expired_data", "run_job", "defer_placement", "bulk_change_status"),
    *("expire_orders", "expire_stock_holds", "hold_stock", "queue_notifications", "send_notification"),
    *("release_reservations", "place_order_via_services"),
)
"""The use cases that store or compare a due time, a lease or an age."""


def test_relay_and_jobs_use_the_clock_of_the_database(migrated_postgresql: str) -> None:
    container = Container(settings=Settings(database_url=migrated_postgresql))
    container.clock.override(providers.Object(lambda: datetime(2050, 1, 1, tzinfo=UTC)))  # a host whose clock is fast
    engine = engines.create(migrated_postgresql)

    with engine.connect() as connection:
        before = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        now = [container.store_clock()() for _ in range(3)]
        after = connection.execute(text("SELECT clock_timestamp()")).scalar_one()

    assert before <= now[0] <= now[1] <= now[2] <= after + timedelta(seconds=1)
    for name in OF_THE_STORE:
        assert getattr(container, name).kwargs["clock"] is container.store_clock, name
    assert container.job_worker().clock is container.store_clock()
    engine.dispose()
    close(container)


def test_embedded_database_has_the_clock_of_its_host() -> None:
    container = Container(settings=Settings(database_url="sqlite://"))

    assert container.store_clock() is container.clock()
    close(container)
