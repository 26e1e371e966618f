"""Reservation releaser: the loop that releases what other services hold."""

import threading
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orders_adapters.http.bulkhead import BulkheadFull
from orders_adapters.system.local_shipments import LocalShipmentService
from orders_domain.errors import StoreUnavailable
from orders_domain.use_cases import ReleaseResult
from orders_flask import Settings, bootstrap, create_app
from orders_flask.app import container_of
from orders_flask.settings import InvalidSetting
from orders_flask.workers import runner
from orders_flask.workers.reservation_releaser import ReservationReleaser

SERVICES = Settings(
    database_url="memory://", catalog_service_url="http://c.example", shipment_service_url="http://s.example"
)


@pytest.mark.parametrize("error", [StoreUnavailable("Away."), RuntimeError("A flaw.")])
def test_worker_continues_after_any_error(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "MAX_DELAY", 0.01)
    runs: list[int] = []

    def release() -> ReleaseResult:
        runs.append(1)
        if len(runs) < 3:
            raise error
        worker.stop.set()
        return ReleaseResult()

    worker = ReservationReleaser(release_reservations=release)
    worker.run()

    assert len(runs) == 3


def test_worker_waits_only_if_nothing_is_due() -> None:
    outcomes = [ReleaseResult(released=10), ReleaseResult(failures=("no",)), ReleaseResult()]
    waited: list[float | None] = []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append(timeout)
            return True

    worker = ReservationReleaser(release_reservations=lambda: outcomes.pop(0), stop=Stop())

    worker.step()
    worker.step()
    assert waited == []
    worker.step()
    assert len(waited) == 1


def test_local_order_is_placed_in_one_transaction() -> None:
    local, remote = (container_of(create_app(settings)) for settings in (Settings(database_url="memory://"), SERVICES))

    chosen: list[Any] = [local.place_shipped_order_by_settings(), remote.place_shipped_order_by_settings()]
    assert [provider.provides for provider in chosen] == [
        local.place_shipped_order.provides,
        remote.place_order_via_services.provides,
    ]
    assert (local.remote_services().catalog_service, type(local.remote_services().shipment_service)) == (
        None,
        LocalShipmentService,
    )
    assert type(remote.remote_services().shipment_service) is not LocalShipmentService


def test_half_of_the_threads_wait_for_services() -> None:
    """Both services together, so that the other threads answer requests that need neither."""
    remote: Any = bootstrap.services(replace(SERVICES, threads=8))
    catalog, carrier = remote.catalog_service, remote.shipment_service

    with ExitStack() as places:
        for _ in range(4):
            places.enter_context(catalog._service._bulkhead)
        with pytest.raises(BulkheadFull), carrier._service._bulkhead:
            pytest.fail("A fifth thread waits.")


@pytest.mark.parametrize("name", ["catalog_service_url", "shipment_service_url"])
@pytest.mark.parametrize("address", ["http://", "https://u:p@shop", "http://shop/?a", "ftp://shop"])
def test_invalid_service_url_prevents_start(name: str, address: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=name.upper()):
        create_app(Settings(database_url="memory://", **{name: address}))  # type: ignore[arg-type]


def test_local_shipment_service_is_the_default() -> None:
    services = bootstrap.services(Settings(database_url="memory://", catalog_service_url="http://c.example"))

    assert type(services.shipment_service) is LocalShipmentService
    assert services.catalog_service is not None
