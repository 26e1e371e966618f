"""Access rules of the contracts, clause by clause, over HTTP and by tracking event."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orders_domain import OrderStatus
from tests.contract.http.rights.people import People, Placed
from tests.support.client import refused
from tests.support.service_stack import Stack

CONTRACTS = ("orders", "management", "ostore", "checkout")
CARRIERS_WORDS = ("CONFIRMED", "IN_TRANSIT", "SHIPPED", "DELIVERED", "FAILED", "RETURNED")
NOT_ADMINISTRATORS = ("owner", "owner and operator", "operator", "stranger")


@pytest.fixture
def people(stack: Stack) -> People:
    return People(stack)


class TestCustomerPatchThroughOrders:
    """Regression: a customer set PAID and SHIPPED on orders of other contracts through `orders`."""

    @pytest.mark.clause("002-07")
    def test_customer_patch_to_paid_management_is_409(self, people: People) -> None:
        order = people.placed("management")

        refused(order.patch(people["owner"], "PAID"), 409)

        assert order.read(people["owner"], door="management").json["status"] == "pending"

    @pytest.mark.clause("002-06", "002-07")
    def test_customer_patch_to_shipped_keeps_cancel(self, people: People) -> None:
        order = people.placed("management")

        refused(order.patch(people["owner"], "SHIPPED"), 409)

        assert order.put(people["administrator"], "cancelled").json["status"] == "cancelled"

    def test_customer_patch_to_paid_checkout_is_409(self, people: People) -> None:
        order = people.placed("checkout")

        refused(order.patch(people["owner"], "PAID"), 409)

        assert order.read(people["owner"], door="checkout").json["status"] == "pending"

    @pytest.mark.clause("004-08")
    def test_customer_patch_to_shipped_checkout_is_409(self, people: People) -> None:
        order = people.placed("checkout")

        refused(order.patch(people["owner"], "SHIPPED"), 409)

        assert order.cancel(people["operator"]).json["status"] == "canceled"

    @pytest.mark.clause("003-07")
    def test_customer_patch_to_shipped_ostore_is_409(self, people: People) -> None:
        order = people.placed("ostore")

        refused(order.patch(people["owner"], "SHIPPED"), 409)

        assert order.read(people["owner"], door="ostore").json["status"] == "pending"
        assert order.track("FAILED") is None

    @pytest.mark.clause("004-08")
    def test_customer_patch_to_canceled_checkout_is_409(self, people: People) -> None:
        order = people.placed("checkout")

        refused(order.patch(people["owner"], "CANCELED"), 409)

        assert order.status() == "PENDING"

    @pytest.mark.clause("004-08")
    def test_customer_delete_of_checkout_order_is_403(self, people: People) -> None:
        order = people.placed("checkout")

        response = order.delete(people["owner"])

        assert (response.status_code, response.json.keys()) == (403, {"detail"})
        assert order.cancel(people["operator"]).status_code == 200


@pytest.mark.clause("002-07")
@pytest.mark.parametrize("placed_by", ["management", "template"])
class TestManagementOrder:
    @pytest.mark.parametrize("name", NOT_ADMINISTRATORS)
    def test_non_admin_commands_change_nothing(self, people: People, placed_by: str, name: str) -> None:
        order, caller = people.placed(placed_by), people[name]
        before = people.stack.everything()

        responses = [
            *(order.patch(caller, word) for word in ("PAID", "SHIPPED", "CANCELED")),
            *(order.put(caller, word) for word in ("confirmed", "shipped", "delivered", "cancelled")),
            *(order.bulk(caller, word) for word in ("confirmed", "shipped", "cancelled")),
            order.cancel(caller),
        ]

        assert {response.status_code for response in responses} <= {403, 404, 409}
        assert people.stack.everything() == before

    def test_admin_moves_foreign_order(self, people: People, placed_by: str) -> None:
        order = people.placed(placed_by)

        seen = [
            order.put(people["administrator"], word).json["status"] for word in ("confirmed", "shipped", "delivered")
        ]

        assert seen == ["confirmed", "shipped", "delivered"]

    def test_admin_cancels_through_checkout(self, people: People, placed_by: str) -> None:
        order = people.placed(placed_by)

        assert order.cancel(people["administrator"]).status_code == 200

    @pytest.mark.parametrize("word", CARRIERS_WORDS)
    def test_tracking_event_is_rejected(self, people: People, placed_by: str, word: str) -> None:
        order = people.placed(placed_by)
        before = people.stack.everything()

        reason = order.track(word)

        assert reason is not None
        assert reason.startswith("transition_not_permitted: An order placed through the contract management ")
        assert people.stack.everything() == before

    def test_owner_deletes_only_pending_order(self, people: People, placed_by: str) -> None:
        pending, confirmed = people.placed(placed_by), people.placed_in(placed_by, OrderStatus.CONFIRMED)

        assert pending.delete(people["owner"]).json == {"message": "Order deleted"}
        assert confirmed.delete(people["owner"]).status_code == 400


@pytest.mark.clause("003-07")
class TestOStoreOrder:
    @pytest.mark.parametrize("name", NOT_ADMINISTRATORS)
    def test_non_admin_shipping_changes_nothing(self, people: People, name: str) -> None:
        order = people.placed("ostore")

        responses = [
            order.patch(people[name], "SHIPPED"),
            *(order.put(people[name], word) for word in ("shipped", "delivered")),
        ]

        assert {response.status_code for response in responses} <= {403, 404, 409}
        assert order.status() == "PENDING"

    def test_carrier_and_admin_ship_the_order(self, people: People) -> None:
        by_carrier, by_administrator = people.placed("ostore"), people.placed("ostore")

        assert by_carrier.track("IN_TRANSIT") is None
        assert by_administrator.put(people["administrator"], "shipped").status_code == 200

        assert by_carrier.status() == by_administrator.status() == "SHIPPED"


@pytest.mark.clause("004-08")
class TestCheckoutOrder:
    @pytest.mark.parametrize("cancel", [lambda order, by: order.patch(by, "CANCELED"), Placed.delete, Placed.cancel])
    def test_owner_without_scope_changes_nothing(
        self, people: People, cancel: Callable[[Placed, object], object]
    ) -> None:
        order = people.placed("checkout")
        before = people.stack.everything()

        cancel(order, people["owner"])

        assert people.stack.everything() == before

    @pytest.mark.parametrize("word", ["FAILED", "RETURNED"])
    def test_carrier_cannot_cancel(self, people: People, word: str) -> None:
        order = people.placed("checkout")

        assert order.track(word) is not None

        assert order.status() == "PENDING"

    @pytest.mark.parametrize("name", ["operator", "owner and operator", "administrator"])
    @pytest.mark.parametrize("placed_by", ["checkout", "guest"])
    def test_actor_with_scope_cancels(self, people: People, placed_by: str, name: str) -> None:
        order = people.placed(placed_by)

        assert order.cancel(people[name]).json["status"] == "canceled"

    def test_owner_with_scope_deletes(self, people: People) -> None:
        assert people.placed("checkout").delete(people["owner and operator"]).status_code == 200


@pytest.mark.clause("000-11")
@pytest.mark.parametrize("word", ["PAID", "SHIPPED", "CANCELED"])
class TestOrdersOrder:
    def test_owner_sets_status_of_own_orders(self, people: People, word: str) -> None:
        order = people.placed("orders")

        response = order.patch(people["owner"], word)

        assert (response.status_code, response.json["status"]) == (200, word)

    @pytest.mark.parametrize("placed_by", ["management", "ostore", "checkout", "template"])
    @pytest.mark.parametrize("name", ["owner", "owner and operator", "owner and administrator"])
    def test_owner_patch_elsewhere_is_409(self, people: People, placed_by: str, name: str, word: str) -> None:
        order = people.placed(placed_by)
        before = people.stack.everything()

        detail = refused(order.patch(people[name], word), 409)["detail"]

        assert "PENDING" in detail
        assert word in detail
        assert detail.endswith("allowed: none.")
        assert people.stack.everything() == before


@pytest.mark.clause("000-09", "000-13")
@pytest.mark.parametrize("placed_by", [*CONTRACTS, "guest"])
@pytest.mark.parametrize("name", ["operator", "administrator"])
def test_role_and_scope_grant_nothing_in_orders(people: People, placed_by: str, name: str) -> None:
    order = people.placed(placed_by)

    refused(order.read(people[name], door="orders"), 404)
    for word in ("PENDING", "PAID", "SHIPPED", "CANCELED"):
        refused(order.patch(people[name], word), 404)


@pytest.mark.clause("000-07", "002-12", "003-05", "004-07")
@pytest.mark.parametrize("placed_by", CONTRACTS)
def test_owner_reads_through_every_contract(people: People, placed_by: str) -> None:
    order = people.placed(placed_by)

    assert [order.read(people["owner"], door=door).status_code for door in CONTRACTS] == [200] * 4


@pytest.mark.parametrize("placed_by", CONTRACTS)
def test_repeated_status_changes_nothing(people: People, placed_by: str) -> None:
    order = people.placed(placed_by)
    before = people.stack.everything()

    assert order.patch(people["owner"], "PENDING").status_code == 200

    assert people.stack.everything() == before


@pytest.mark.clause("002-05")
@pytest.mark.parametrize("placed_by", [*CONTRACTS, "guest"])
def test_admin_moves_orders_of_every_contract(people: People, placed_by: str) -> None:
    single, bulk = people.placed(placed_by), people.placed(placed_by)

    assert single.put(people["administrator"], "shipped").json["status"] == "shipped"
    assert bulk.bulk(people["administrator"], "cancelled").json == {"updated": [bulk.number], "failed": []}


@pytest.mark.clause("002-08", "000-05")
@pytest.mark.parametrize(
    ("placed_by", "origin"),
    [*zip(CONTRACTS, CONTRACTS, strict=True), ("template", "management"), ("guest", "checkout")],
)
def test_origin_is_in_row_history_and_event(people: People, placed_by: str, origin: str) -> None:
    stack = people.stack
    stack.relayed()

    order = people.placed(placed_by)

    rows = stack.rows(f"SELECT origin FROM orders WHERE number = {order.number}")
    first = people["administrator"].ask("GET", f"/api/v1/orders/{order.number}/history").json[0]
    events = [event["data"] for key, event in stack.relayed().news if key == "orders.order_placed.v1"]
    assert (rows, first["details"]["origin"]) == ([(origin,)], origin)
    assert [data["origin"] for data in events if data["order_id"] == order.id] == [origin]
