"""PostgreSQL killed, restarted and frozen under load: 503 in bounded time, no acknowledged change lost, recovery."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from orders_adapters.sql.engine import engine as engines
from orders_domain.errors import StoreUnavailable
from tests.contract.faults.load import Acknowledged, Customer, busy, place_pay_and_ship
from tests.contract.faults.service import Service, Web, shop_of, within
from tests.support.depth import effort
from tests.support.servers.ephemeral import ThrowawayPostgres
from tests.support.shop import DatabaseShop

MAX_LATENCY = 9.5  # seconds: 2 to connect, 6 for a response, and a margin for a busy machine


def require_unavailable(acknowledged: Acknowledged) -> None:
    """Check that each response is a success, or 503 with Retry-After and without a stack trace."""
    assert acknowledged.statuses == {200, 201, 503}
    sorry = [response for response in acknowledged.answers if response.status == 503]
    assert all(int(response.headers["retry-after"]) >= 1 for response in sorry)
    assert acknowledged.unanswered == 0


def require_stored(acknowledged: Acknowledged, core: DatabaseShop) -> None:
    """Check that acknowledged orders are stored, and that all stored orders are complete."""
    versions = core.versions()
    assert {order_id: n for order_id, n in acknowledged.versions.items() if versions.get(order_id, 0) < n} == {}


def require_well(service: Service, web: Web) -> None:
    """Check that the scenario succeeds on every connection."""
    acknowledged = Acknowledged()
    customer = Customer(service, web)
    for _ in range(10):
        place_pay_and_ship(customer, acknowledged)
    customer.close()
    assert acknowledged.statuses == {200, 201}


@contextmanager
def under_load(service: Service) -> Iterator[Acknowledged]:
    """Run eight customers during the block; check the service and the acknowledged changes afterwards."""
    with service.serve() as web, shop_of(service) as core:
        with busy(service, web, place_pay_and_ship, customers=8) as acknowledged:
            yield acknowledged
            time.sleep(0.5)
        require_unavailable(acknowledged)
        require_well(service, web)
        require_stored(acknowledged, core)
        within(20, lambda: not core.unsent(), "the relay of the service has not healed")
    print(f"{len(acknowledged.versions)} orders; the slowest answer took {acknowledged.slowest:.2f} s")


@pytest.mark.clause("000-21")
def test_postgres_restart_under_load_recovers(
    on_a_postgres_to_break: Service, throwaway_postgres: ThrowawayPostgres
) -> None:
    with under_load(on_a_postgres_to_break):
        for _ in range(effort(1, 3)):
            time.sleep(0.7)
            throwaway_postgres.kill()
            time.sleep(0.5)
            throwaway_postgres.start()


def test_postgres_restart_when_idle_is_unnoticed(
    on_a_postgres_to_break: Service, throwaway_postgres: ThrowawayPostgres
) -> None:
    service = on_a_postgres_to_break
    with service.serve("--no-relay") as web:  # the relay would detect the closed connections before a customer does
        require_well(service, web)
        throwaway_postgres.kill()
        throwaway_postgres.start()
        require_well(service, web)


@pytest.mark.deep  # the store behind a proxy that hangs times out in a short run too
def test_frozen_postgres_times_out(on_a_postgres_to_break: Service, throwaway_postgres: ThrowawayPostgres) -> None:
    with under_load(on_a_postgres_to_break) as acknowledged:
        time.sleep(0.7)
        throwaway_postgres.freeze()
        time.sleep(11)  # longer than every timeout
        throwaway_postgres.thaw()

    assert acknowledged.slowest < MAX_LATENCY


END_ALL = """
    SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def test_closed_new_connection_is_unavailable(service: Service, core: DatabaseShop) -> None:
    order_id = core.place().id

    def end_all(*_: object) -> None:
        reaper = engines.create(service.database_url)
        with engines.autocommit(reaper).connect() as connection:
            connection.exec_driver_sql(END_ALL)
        reaper.dispose()

    end_all()
    event.listen(core.engine, "connect", end_all)
    try:
        with pytest.raises(StoreUnavailable):
            core.queries.get(order_id)
    finally:
        event.remove(core.engine, "connect", end_all)
