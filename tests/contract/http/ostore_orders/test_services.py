"""Orders with external services: an order is complete on every side, or absent on every side."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest

from orders_adapters.rabbitmq import message_consumer as rabbitmq
from orders_domain import Role
from orders_domain.model.tracking import TrackingEvent
from orders_domain.use_cases import TrackingOutcome, TrackShipment
from orders_flask import Settings
from tests.contract.faults.service import within
from tests.contract.http.management.client import Shopper, shopper
from tests.contract.http.ostore_orders.client import ORDERS, OStoreShopper, body, error, ostore_shopper
from tests.contract.http.ostore_orders.services import MILK, STEPS, TEA, Elsewhere
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.servers.services import CatalogueService, Misbehaviour, ShipmentService
from tests.support.service_stack import Stack

M = Misbehaviour
T = TypeVar("T")
SLOW = 1.5  # seconds: longer than the connect timeout, shorter than the request timeout


def at_the_same_time(*tasks: Callable[[], T]) -> list[T]:
    with ThreadPoolExecutor(len(tasks)) as pool:
        return [future.result(60) for future in [pool.submit(task) for task in tasks]]


@contextmanager
def another_thread(task: Callable[[], T]) -> Iterator[Future[T]]:
    """Run the task in another thread during the block."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(task)


@pytest.mark.clause("003-01", "003-03", "003-04", "003-05")
def test_order_is_reserved_and_shipped_remotely(elsewhere: Elsewhere) -> None:
    response = elsewhere.wants()

    assert response.status_code == 201, response.text
    order = response.json
    [(order_id, shipment_id)] = elsewhere.require_consistent().items()
    assert (order["shipmentID"], order["totalAmount"], order["status"]) == (shipment_id, 75.99, "pending")
    assert elsewhere.catalogue.reservations[order_id] == {TEA: 2, MILK: 1}
    assert [item["price"] for item in elsewhere.ann.see(order).json["orderItems"]] == [37.5, 0.99]


def test_shipping_address_reaches_the_shipment_service(elsewhere: Elsewhere) -> None:
    for address in ("12 Hill Road, Leeds", None):
        sent = body((TEA, 1), user=elsewhere.ann.subject) | {"shippingAddress": address}

        assert elsewhere.ann.post(sent).status_code == 201

        assert elsewhere.carrier.asked[-1].body.get("shippingAddress") == address
        assert set(elsewhere.stack.rows("SELECT shipping_address FROM reservations")) == {(None,)}  # it is confirmed
    for wrong in ("", "x" * 1_001, "a\x00b", 1, {"city": "Leeds"}):
        error(elsewhere.ann.post(sent | {"shippingAddress": wrong}), 400)


@pytest.mark.clause("003-04")
@pytest.mark.parametrize("address", ["nowhere", None])
def test_rejected_shipping_address_is_400(elsewhere: Elsewhere, address: str | None) -> None:
    elsewhere.carrier.delivers_to = "12 Hill Road, Leeds"
    sent = body((TEA, 1), user=elsewhere.ann.subject)

    message = error(elsewhere.ann.post(sent | {"shippingAddress": address}), 400)

    assert message == "shippingAddress must be one that the shipment service accepts."
    assert elsewhere.carrier.times("POST") == 1  # a rejected shipment does not exist, and is not cancelled
    assert elsewhere.require_consistent() == {}
    assert elsewhere.reservations() == []
    assert elsewhere.ann.post(sent | {"shippingAddress": "12 Hill Road, Leeds"}).status_code == 201


@pytest.mark.clause("003-04")
def test_other_rejection_of_a_shipment_is_503(elsewhere: Elsewhere) -> None:
    elsewhere.carrier.do = lambda _: (400, {"error": "no"})  # type: ignore[method-assign]

    error(elsewhere.wants(), 503)

    assert elsewhere.carrier.times("POST") == 1
    assert elsewhere.orders() == {}


@pytest.mark.clause("003-04")
def test_lost_shipment_is_found_by_the_same_request(elsewhere: Elsewhere, impatience: pytest.MonkeyPatch) -> None:
    """The service checks the address before it looks for the shipment of the key."""
    elsewhere.carrier.delivers_to = "12 Hill Road, Leeds"
    elsewhere.carrier.misbehave["POST"] = Misbehaviour.DO_AND_DROP
    sent = body((TEA, 1), user=elsewhere.ann.subject) | {"shippingAddress": elsewhere.carrier.delivers_to}

    error(elsewhere.ann.post(sent), 503)

    assert len(elsewhere.carrier.shipments) == 1
    elsewhere.carrier.reset()
    impatience.undo()
    elsewhere.settle()
    assert elsewhere.carrier.shipments == {}
    assert elsewhere.require_consistent() == {}


@pytest.mark.clause("003-03", "003-04")
@pytest.mark.parametrize("step", STEPS)
def test_slow_service_response_is_awaited(elsewhere: Elsewhere, step: str) -> None:
    service, method = elsewhere.serving(step)
    threading.Timer(SLOW, service.hold(method)).start()

    response = elsewhere.wants()

    assert response.status_code == 201, response.text
    assert service.times(method) == {"GET": 2, "POST": 1}[method]
    assert len(elsewhere.require_consistent()) == 1


@pytest.mark.clause("003-04", "003-07")
@pytest.mark.parametrize("base_settings", ["real"], indirect=True)
def test_early_tracking_event_is_applied_later(
    elsewhere: Elsewhere, rabbitmq_server: RabbitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rabbitmq, "RETRY_DELAY", 0.2)
    container, respond = elsewhere.stack.container, elsewhere.carrier.do
    consumer, handle = container.tracking_events(), container.tracking_handler()
    handled = [consumer.poll(handle, timeout=0.1)]

    def publish_at_once(received: Any) -> tuple[int, Any]:
        status, shipment = respond(received)
        message = {
            "eventId": shipment["shipmentID"],
            "status": "IN_TRANSIT",
            "occurredAt": datetime.now(UTC).isoformat(),
        }
        with rabbitmq_server.channel() as channel:
            channel.basic_publish("", elsewhere.stack.settings.tracking_queue, json.dumps(message | shipment))
        handled.append(consumer.poll(handle, timeout=2))
        return status, shipment

    elsewhere.carrier.do = publish_at_once  # type: ignore[method-assign]

    order = elsewhere.wants().json
    assert (handled, order["status"]) == ([False, False], "pending")

    within(20, lambda: consumer.poll(handle, timeout=0.5), "the published event is not applied")
    consumer.close()
    assert elsewhere.ann.see(order).json["status"] == "shipped"


@pytest.mark.clause("003-02", "003-03")
def test_remote_shortage_makes_no_reservation(elsewhere: Elsewhere) -> None:
    response = elsewhere.wants((TEA, 11), (MILK, 1), (999, 1))

    assert error(response, 409) == (
        "Insufficient quantity for: Tea of elsewhere (requested 11, available 10), product 999 (requested 1, "
        "available 0)"
    )
    assert [item["productID"] for item in response.json["unavailableItems"]] == [TEA, 999]
    assert (elsewhere.catalogue.times("POST"), elsewhere.carrier.asked) == (0, [])
    assert elsewhere.require_consistent() == {}


@pytest.mark.clause("003-02", "003-03")
def test_shortage_while_reserving_is_reported(elsewhere: Elsewhere) -> None:
    looked, respond = [], elsewhere.catalogue.do

    def sell_out(received: Any) -> tuple[int, Any]:
        product = respond(received)
        looked.append(received.path)
        if len(looked) == 2:  # both products have been read
            elsewhere.catalogue.products[MILK]["quantity"] = 0
        return product

    elsewhere.catalogue.do = sell_out  # type: ignore[method-assign]

    response = elsewhere.wants()

    assert response.json["unavailableItems"] == [{"productID": MILK, "requested": 1, "available": 0}]
    assert error(response, 409) == "Insufficient quantity for: Milk of elsewhere (requested 1, available 0)"
    assert elsewhere.require_consistent() == {}


def test_duplicate_shipment_id_is_rejected(elsewhere: Elsewhere) -> None:
    elsewhere.carrier.gives = "SHIP-of-everybody"
    assert elsewhere.wants().status_code == 201

    error(elsewhere.wants(), 503)

    elsewhere.settle()
    assert list(elsewhere.require_consistent().values()) == ["SHIP-of-everybody"]
    assert elsewhere.carrier.times("DELETE") == 0


@pytest.fixture
def keeper(elsewhere: Elsewhere) -> Shopper:
    """An administrator of the service, through `management`."""
    return shopper(elsewhere.stack, role=Role.ADMIN)


class TestRelease:
    @pytest.mark.parametrize("contract", ["management", "checkout", "tracking"])
    def test_cancelled_order_is_released_remotely(self, elsewhere: Elsewhere, keeper: Shopper, contract: str) -> None:
        order = elsewhere.wants().json
        [order_id] = elsewhere.orders()

        if contract == "management":
            assert keeper.put({"order_id": order["orderID"]}, "cancelled").status_code == 200
        elif contract == "checkout":
            assert keeper.post({"reason": "no"}, path=f"/api/orders/{order_id}/cancel").status_code == 200
        else:
            shipment_id, now = order["shipmentID"], datetime.now(UTC)
            lost = TrackingEvent(id="e-1", shipment_id=shipment_id, status="FAILED", occurred_at=now)
            assert elsewhere.stack.container.track_shipment(TrackShipment(event=lost)) is TrackingOutcome.APPLIED

        elsewhere.settle(after=timedelta())
        assert elsewhere.require_consistent() == {}
        assert elsewhere.catalogue.products[TEA]["quantity"] == 10
        assert elsewhere.ann.see(order).json["status"] == "cancelled"

    def test_deleted_order_is_released_remotely(self, elsewhere: Elsewhere) -> None:
        order = elsewhere.wants().json
        owner = shopper(elsewhere.stack, elsewhere.ann.subject)

        assert owner.delete({"order_id": order["orderID"]}).status_code == 200

        elsewhere.settle(after=timedelta())
        assert elsewhere.require_consistent() == {}

    def test_delivered_order_is_not_released(self, elsewhere: Elsewhere, keeper: Shopper) -> None:
        order = elsewhere.wants().json

        for word in ("shipped", "delivered"):
            assert keeper.put({"order_id": order["orderID"]}, word).status_code == 200
        assert keeper.put({"order_id": order["orderID"]}, "cancelled").status_code == 400

        elsewhere.settle()
        assert len(elsewhere.require_consistent()) == 1

    @pytest.mark.usefixtures("impatience")
    def test_failing_services_do_not_block_cancel(self, elsewhere: Elsewhere, keeper: Shopper) -> None:
        order = elsewhere.wants().json
        elsewhere.catalogue.misbehave["DELETE"] = elsewhere.carrier.misbehave["DELETE"] = M.HANG

        assert keeper.put({"order_id": order["orderID"]}, "cancelled").status_code == 200

        elsewhere.settle_while_they_fail()
        for service in (elsewhere.catalogue, elsewhere.carrier):
            service.reset()
        elsewhere.settle(after=timedelta(minutes=2))
        assert elsewhere.require_consistent() == {}

    def test_concurrent_workers_release_once(self, elsewhere: Elsewhere, keeper: Shopper) -> None:
        orders = [elsewhere.wants((TEA, 1)).json for _ in range(4)]
        for order in orders:
            keeper.put({"order_id": order["orderID"]}, "cancelled")

        outcomes = at_the_same_time(*[lambda: elsewhere.stack.container.release_reservations().released] * 3)

        assert sum(outcomes) == 4
        assert elsewhere.carrier.times("DELETE") == 4
        assert elsewhere.require_consistent() == {}


class TestExpiredReservation:
    def test_expired_reservation_is_not_placed(self, elsewhere: Elsewhere) -> None:
        go_on = elsewhere.carrier.hold("POST")

        with another_thread(elsewhere.wants) as placing:
            assert elsewhere.carrier.arrived.acquire(timeout=20)
            elsewhere.claim_everything()
            go_on()
            response = placing.result(30)

        error(response, 503)
        elsewhere.settle(after=timedelta(minutes=2))
        assert elsewhere.require_consistent() == {}

    def test_active_reservation_is_not_released(self, elsewhere: Elsewhere) -> None:
        go_on = elsewhere.carrier.hold("POST")

        with another_thread(elsewhere.wants) as placing:
            assert elsewhere.carrier.arrived.acquire(timeout=20)
            elsewhere.stack.container.release_reservations()
            go_on()
            response = placing.result(30)

        assert response.status_code == 201
        assert len(elsewhere.require_consistent()) == 1


class TestIdempotency:
    def test_repeated_request_replays_the_response(self, elsewhere: Elsewhere) -> None:
        first = elsewhere.wants(key="k-1")
        elsewhere.catalogue.misbehave["GET"] = M.FAIL  # no service is called any more

        again = elsewhere.wants(key="k-1")

        assert (first.status_code, again.status_code, again.data) == (201, 201, first.data)
        assert again.headers["x-idempotent-replay"] == "true"
        assert len(elsewhere.require_consistent()) == 1

    def test_key_reuse_with_other_body_is_422(self, elsewhere: Elsewhere) -> None:
        elsewhere.wants(key="k-1")

        error(elsewhere.wants((TEA, 1), key="k-1"), 422)
        assert len(elsewhere.require_consistent()) == 1

    def test_concurrent_repeat_is_409_with_retry(self, elsewhere: Elsewhere) -> None:
        go_on = elsewhere.carrier.hold("POST")

        with another_thread(lambda: elsewhere.wants(key="k-1")) as placing:
            assert elsewhere.carrier.arrived.acquire(timeout=20)
            second = elsewhere.wants(key="k-1")
            go_on()
            first = placing.result(30)

        error(second, 409)
        assert second.headers["Retry-After"]
        assert first.status_code == 201
        assert elsewhere.wants(key="k-1").data == first.data
        assert len(elsewhere.require_consistent()) == 1

    @pytest.mark.usefixtures("impatience")
    def test_compensated_failure_leaves_key_free(self, elsewhere: Elsewhere) -> None:
        elsewhere.carrier.misbehave["POST"] = M.FAIL
        error(elsewhere.wants(key="k-1"), 503)
        # A compensated step may still complete late: it is checked a second time, and the key is released before.
        elsewhere.carrier.reset()
        elsewhere.settle()

        assert elsewhere.wants(key="k-1").status_code == 201
        assert len(elsewhere.require_consistent()) == 1

    def test_concurrent_repeats_make_one_order(self, elsewhere: Elsewhere) -> None:
        responses = at_the_same_time(*[lambda: elsewhere.wants((TEA, 1), key="k-1")] * 8)

        # 503, because eight requests are more than the places of the bulkhead.
        assert {response.status_code for response in responses} <= {201, 409, 503}
        while (last := elsewhere.wants((TEA, 1), key="k-1")).status_code == 409:
            pass
        assert last.status_code == 201
        elsewhere.settle()
        assert len(elsewhere.require_consistent()) == 1


class TestSingleService:
    """The other part is local."""

    @pytest.fixture
    def with_carrier(
        self,
        base_settings: Settings,
        open_shop: Callable[[Settings], Stack],
        catalogue: CatalogueService,
        carrier: ShipmentService,
    ) -> Elsewhere:
        settings = replace(base_settings, shipment_service_url=carrier.url)
        return Elsewhere.opened(open_shop(settings), catalogue, carrier)

    def test_local_stock_works_with_remote_shipment(self, with_carrier: Elsewhere) -> None:
        keeper = shopper(with_carrier.stack, role=Role.ADMIN)
        tea = keeper.product(stock=5)

        order = with_carrier.ann.ordered((tea["product_id"], 2))

        assert list(with_carrier.carrier.shipments) == [order["shipmentID"]]
        assert (keeper.stock_of(tea), with_carrier.catalogue.asked) == (3, [])
        keeper.put({"order_id": order["orderID"]}, "cancelled")
        with_carrier.settle()
        assert (keeper.stock_of(tea), with_carrier.carrier.shipments) == (5, {})

    @pytest.mark.clause("003-04")
    def test_shipment_failure_restores_local_stock(self, with_carrier: Elsewhere) -> None:
        keeper = shopper(with_carrier.stack, role=Role.ADMIN)
        tea = keeper.product(stock=5)
        with_carrier.carrier.misbehave["POST"] = M.DO_AND_DROP

        error(with_carrier.ann.wants((tea["product_id"], 2)), 503)

        assert keeper.stock_of(tea) == 5
        with_carrier.carrier.reset()
        with_carrier.settle()
        assert (with_carrier.carrier.shipments, with_carrier.orders()) == ({}, {})

    def test_local_shortage_requests_no_shipment(self, with_carrier: Elsewhere) -> None:
        tea = shopper(with_carrier.stack, role=Role.ADMIN).product(stock=1)

        error(with_carrier.ann.wants((tea["product_id"], 2)), 409)

        assert with_carrier.carrier.asked == []

    def test_remote_catalog_works_with_local_shipment(
        self,
        base_settings: Settings,
        open_shop: Callable[[Settings], Stack],
        catalogue: CatalogueService,
        carrier: ShipmentService,
    ) -> None:
        stack = open_shop(replace(base_settings, catalog_service_url=catalogue.url))
        shop = Elsewhere.opened(stack, catalogue, carrier)

        order = shop.wants().json

        assert order["shipmentID"]
        assert set(catalogue.reservations) == set(shop.orders())
        assert carrier.asked == []


class TestRemoteProducts:
    def test_remote_products_are_hidden_locally(self, elsewhere: Elsewhere, keeper: Shopper) -> None:
        elsewhere.wants()

        assert keeper.ask("GET", "/api/v1/products/").json == []
        assert keeper.ask("GET", f"/api/v1/products/{TEA}").status_code == 404
        assert keeper.wants(({"product_id": TEA}, 1)).status_code == 400
        check = keeper.ask("GET", "/api/v1/orders/health/stock-check").json
        assert (check["status"], check["total_products"], check["low_stock"]) == ("healthy", 0, [])

    def test_analytics_show_remote_product_names(self, elsewhere: Elsewhere, keeper: Shopper) -> None:
        elsewhere.wants()

        top = keeper.ask("GET", "/api/v1/orders/analytics").json["top_products"]

        assert [product["name"] for product in top] == ["Tea of elsewhere", "Milk of elsewhere"]

    def test_admin_orders_remote_product_for_anyone(self, elsewhere: Elsewhere) -> None:
        root: OStoreShopper = ostore_shopper(elsewhere.stack, role=Role.ADMIN)

        order = root.ordered((TEA, 1), user="never-seen-before")

        assert root.see(order).json["userID"] == "never-seen-before"
        error(elsewhere.ann.ask("GET", f"{ORDERS}/{order['orderID']}"), 404)
        error(elsewhere.wants(user="never-seen-before"), 403)
