"""POST and GET /ostore/orders with the local catalog and local shipments."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from orders_domain import Actor, OrderStatus, Role, TargetStatus
from orders_domain.use_cases import BulkChangeStatus
from tests.contract.http.checkout.carts import cart
from tests.contract.http.management.client import Shopper, twin
from tests.contract.http.ostore_orders.client import ORDERS, OStoreShopper, body, error, ostore_shopper
from tests.support.client import TEA as TEA_ITEM
from tests.support.client import ask
from tests.support.service_stack import Stack


def product(keeper: Shopper, **facts: Any) -> int:
    return int(keeper.product(**facts)["product_id"])


def stock(keeper: Shopper, product_id: int) -> int:
    return keeper.stock_of({"product_id": product_id})


@pytest.mark.clause("003-01")
def test_order_has_date_total_and_shipment(keeper: Shopper, ann: OStoreShopper) -> None:
    tea, milk = product(keeper, price=37.5, stock=10), product(keeper, price=0.99, stock=10)

    response = ann.wants((tea, 2), (milk, 3), (tea, 1))

    assert response.status_code == 201
    order = response.json
    moment = datetime.fromisoformat(order.pop("orderDate"))
    assert timedelta() <= datetime.now(UTC) - moment < timedelta(seconds=30)
    number, shipment_id = order.pop("orderID"), order.pop("shipmentID")
    assert order == {"status": "pending", "totalAmount": 115.47}
    assert isinstance(number, int)
    assert isinstance(shipment_id, str)
    assert shipment_id
    assert response.headers["Location"] == f"{ORDERS}/{number}"
    assert response.headers["ETag"] == '"1"'
    assert (stock(keeper, tea), stock(keeper, milk)) == (7, 7)


def test_excessive_total_is_400(keeper: Shopper, ann: OStoreShopper) -> None:
    dear = product(keeper, price=6_000_000_000)

    assert error(ann.wants((dear, 2)), 400) == "An amount must be at most 1000000000000 minor units."
    assert stock(keeper, dear) == 100


@pytest.mark.clause("003-05")
def test_order_items_show_prices_at_placement(keeper: Shopper, ann: OStoreShopper) -> None:
    tea, milk = product(keeper, price=37.5), product(keeper, price=0.99)
    placed = ann.ordered((milk, 3), (tea, 2))
    keeper.ask("PATCH", f"/api/v1/products/{tea}", json={"price": 99})

    response = ann.see(placed)

    assert response.status_code == 200
    order = response.json
    items = order.pop("orderItems")
    assert order == placed | {"userID": ann.subject}
    assert len({item.pop("orderItemID") for item in items}) == 2
    assert items == [
        {"productID": tea, "quantity": 2, "price": 37.5},
        {"productID": milk, "quantity": 3, "price": 0.99},
    ]


def test_order_is_found_by_number_and_uuid(stack: Stack, keeper: Shopper, ann: OStoreShopper) -> None:
    tea = product(keeper)
    order = ann.ordered((tea, 1))
    [(stored,)] = stack.rows(f"SELECT id FROM orders WHERE number = {order['orderID']}")

    shown = ann.see(order).json

    for ref in (UUID(str(stored)), str(UUID(str(stored))).upper()):
        assert ann.ask("GET", f"{ORDERS}/{ref}").json == shown
    assert ann.post(body((tea, 1), user=ann.subject), path=ORDERS).status_code == 201


@pytest.mark.clause("003-02")
def test_stock_shortage_names_every_product(stack: Stack, keeper: Shopper, ann: OStoreShopper) -> None:
    widget = product(keeper, name="Premium Widget", stock=2)
    gadget, plenty = product(keeper, name="Gadget", stock=0), product(keeper, stock=9)
    before = stack.everything()

    response = ann.wants((widget, 5), (plenty, 1), (gadget, 1), (2**40, 3))

    assert error(response, 409) == (
        "Insufficient quantity for: Premium Widget (requested 5, available 2), Gadget (requested 1, available 0), "
        f"product {2**40} (requested 3, available 0)"
    )
    assert response.json["unavailableItems"] == [
        {"productID": widget, "requested": 5, "available": 2},
        {"productID": gadget, "requested": 1, "available": 0},
        {"productID": 2**40, "requested": 3, "available": 0},
    ]
    assert stack.everything() == before


class TestOwnership:
    @pytest.mark.clause("003-01")
    def test_customer_cannot_order_for_another(
        self, stack: Stack, keeper: Shopper, ann: OStoreShopper, bob: OStoreShopper
    ) -> None:
        tea = product(keeper)
        before = stack.everything()

        error(ann.wants((tea, 1), user=bob.subject), 403)

        assert stack.everything() == before

    def test_admin_orders_for_any_customer(
        self, keeper: Shopper, root: OStoreShopper, ann: OStoreShopper, bob: OStoreShopper
    ) -> None:
        order = root.ordered((product(keeper), 1), user=ann.subject)

        assert ann.see(order).json["userID"] == ann.subject
        assert root.see(order).status_code == 200
        error(bob.see(order), 404)

    def test_admin_order_creates_unknown_customer(self, keeper: Shopper, root: OStoreShopper) -> None:
        order = root.ordered((product(keeper), 1), user="never-seen-before")

        assert root.see(order).json["userID"] == "never-seen-before"

    def test_numeric_user_id_is_read_as_text(self, stack: Stack, keeper: Shopper) -> None:
        user = ostore_shopper(stack, "700123")

        order = user.ordered((product(keeper), 1), user=700123)

        assert user.see(order).json["userID"] == "700123"

    @pytest.mark.clause("003-06")
    def test_unknown_or_foreign_order_is_404(self, keeper: Shopper, ann: OStoreShopper, bob: OStoreShopper) -> None:
        order = ann.ordered((product(keeper), 1))

        for ref in (order["orderID"], 10**17, 0, -1, "01", "x", "1e3", "00000000-0000-7000-8000-000000000000"):
            assert error(bob.ask("GET", f"{ORDERS}/{ref}"), 404) == "Order not found"

    def test_missing_token_is_401(self, stack: Stack, ann: OStoreShopper) -> None:
        for method, path in (("POST", f"{ORDERS}/"), ("GET", f"{ORDERS}/1")):
            response = ask(stack.app, method, path, json=body((1, 1), user=ann.subject))
            error(response, 401)
            assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


class TestInvalidBody:
    @pytest.mark.parametrize("quantity", [0, -1, 10_001, 1.5, 1.0, "2", True, None, []])
    def test_invalid_quantity_is_400(self, stack: Stack, keeper: Shopper, ann: OStoreShopper, quantity: object) -> None:
        tea = product(keeper)
        before = stack.everything()

        assert "quantity" in error(ann.post(body((tea, quantity), user=ann.subject)), 400)

        assert stack.everything() == before

    @pytest.mark.parametrize("quantity", [1, 10, 10_000])
    def test_quantity_from_1_to_10000_is_accepted(self, keeper: Shopper, ann: OStoreShopper, quantity: int) -> None:
        tea = product(keeper, stock=10_000)

        assert ann.see(ann.ordered((tea, quantity))).json["orderItems"][0]["quantity"] == quantity

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"{",
            b"[]",
            b"null",
            b'"x"',
            b'{"userID": "{}", "orderItems": [{"productID": 1, "quantity": 001}]}',
            b'{"userID": "{}", "orderItems": [{"productID": 1, "quantity": NaN}]}',
            b'{"userID": "{}", "userID": "{}", "orderItems": [{"productID": 1, "quantity": 1}]}',
            b'{"userID": "{}", "orderItems": [{"productID": 1, "quantity": 1, "price": 0}]}',
            b'{"userID": "{}", "orderItems": [{"productID": 1, "quantity": 1}], "totalAmount": 1}',
            b'{"userID": "{}", "orderItems": [{"productID": "1", "quantity": 1}]}',
            b'{"userID": "{}", "orderItems": [{"productID": 0, "quantity": 1}]}',
            b'{"userID": "{}", "orderItems": [{"productID": 1}]}',
            b'{"userID": "{}", "orderItems": [{"quantity": 1}]}',
            b'{"userID": "{}", "orderItems": [1]}',
            b'{"userID": "{}", "orderItems": {"productID": 1, "quantity": 1}}',
            b'{"userID": "{}", "orderItems": []}',
            b'{"userID": "{}", "orderItems": null}',
            b'{"userID": "{}"}',
            b'{"orderItems": [{"productID": 1, "quantity": 1}]}',
            b'{"userID": null, "orderItems": [{"productID": 1, "quantity": 1}]}',
            b'{"userID": "", "orderItems": [{"productID": 1, "quantity": 1}]}',
            b'{"userID": true, "orderItems": [{"productID": 1, "quantity": 1}]}',
            b'{"userID": 1.0, "orderItems": [{"productID": 1, "quantity": 1}]}',
            b'{"userID": ["{}"], "orderItems": [{"productID": 1, "quantity": 1}]}',
            b'{"userID": "a\\u0000b", "orderItems": [{"productID": 1, "quantity": 1}]}',
            b'{"userID": "\\ud800", "orderItems": [{"productID": 1, "quantity": 1}]}',
            b'{"userID": "{}", "orderItems": [{"productID": 1, "quantity": %d}]}' % (10**400),
            b"[" * 100_000,
        ],
    )
    def test_invalid_body_is_400(self, stack: Stack, ann: OStoreShopper, raw: bytes) -> None:
        before = stack.everything()

        error(ann.post_raw(raw.replace(b"{}", ann.subject.encode())), 400)

        assert stack.everything() == before

    def test_long_user_id_is_400(self, root: OStoreShopper) -> None:
        error(root.wants((1, 1), user="x" * 256), 400)

    def test_oversized_request_is_rejected(self, ann: OStoreShopper) -> None:
        error(ann.wants(*((number, 1) for number in range(1, 1_002))), 400)
        error(ann.post_raw(b" " * 1_100_000), 413)
        error(ann.post_raw(b"{}", content_type="text/plain"), 415)


class TestVersions:
    def test_unchanged_order_is_304(self, keeper: Shopper, ann: OStoreShopper) -> None:
        order = ann.ordered((product(keeper), 1))
        etag = ann.see(order).headers["ETag"]

        response = ann.see(order, **{"If-None-Match": etag})

        assert (response.status_code, response.data) == (304, b"")


class TestIdempotency:
    def test_repeated_request_replays_the_response(self, keeper: Shopper, ann: OStoreShopper) -> None:
        tea = product(keeper, stock=10)

        first, again = ann.wants((tea, 2), key="k-1"), ann.wants((tea, 2), key="k-1")

        assert (first.status_code, again.status_code) == (201, 201)
        assert again.data == first.data
        assert again.headers["x-idempotent-replay"] == "true"
        assert stock(keeper, tea) == 8

    def test_key_reuse_with_other_body_is_422(self, keeper: Shopper, ann: OStoreShopper) -> None:
        tea = product(keeper, stock=10)
        ann.wants((tea, 2), key="k-1")

        error(ann.wants((tea, 3), key="k-1"), 422)
        error(ann.wants((tea, 2), key=""), 400)

    def test_rejected_order_leaves_the_key_free(self, keeper: Shopper, ann: OStoreShopper) -> None:
        tea = product(keeper, stock=1)
        error(ann.wants((tea, 2), key="k-1"), 409)
        keeper.ask("PATCH", f"/api/v1/products/{tea}", json={"stock_quantity": 9})

        assert ann.wants((tea, 2), key="k-1").status_code == 201


class TestOtherContracts:
    def test_custom_items_show_known_fields(self, stack: Stack, ann: OStoreShopper) -> None:
        client = stack.caller(ann.subject)
        placed = client.place(TEA_ITEM, {"productID": 7, "qty": 1.5, "price": 2}, {"note": "a gift"})

        shown = ann.ask("GET", f"{ORDERS}/{placed['id']}").json

        assert (shown["status"], shown["shipmentID"], shown["userID"]) == ("pending", None, ann.subject)
        assert [
            {name: value for name, value in item.items() if name != "orderItemID"} for item in shown["orderItems"]
        ] == [
            {"productID": "TEA-1", "quantity": 2, "price": 37.5},
            {"productID": 7, "quantity": 1.5, "price": 2},
            {"productID": None, "quantity": None, "price": None},
        ]

    def test_extreme_numbers_can_be_read(self, stack: Stack, ann: OStoreShopper) -> None:
        hard = [{"quantity": number, "sku": [number]} for number in (1e308, 1e16, -0.0, 2**63 - 1, -(2**63), 1e-300)]
        response = stack.caller(ann.subject).post({"items": hard, "total_price": 1})
        assert response.status_code == 201, response.text

        assert ann.ask("GET", f"{ORDERS}/{response.json['id']}").status_code == 200

    def test_cart_order_shows_prices(self, stack: Stack, ann: OStoreShopper) -> None:
        client = stack.caller(ann.subject)
        sent = {"cartSnapshot": cart(ann.subject)}
        placed = client.post(sent, path="/api/orders", **{"Idempotency-Key": "k-1"}).json

        shown = ann.ask("GET", f"{ORDERS}/{placed['orderId']}").json

        assert (shown["totalAmount"], shown["shipmentID"], shown["userID"]) == (75.0, None, ann.subject)
        assert [(item["productID"], item["quantity"], item["price"]) for item in shown["orderItems"]] == [
            ("LAMP-1", 2, 25),
            ("CABLE-7", 1, 25),
        ]

    def test_guest_order_is_shown_to_admins_only(self, stack: Stack, root: OStoreShopper, ann: OStoreShopper) -> None:
        writer = stack.caller(scopes=("orders:write",))
        placed = writer.post({"cartSnapshot": cart(None)}, path="/api/orders", **{"Idempotency-Key": "k-1"}).json

        assert root.ask("GET", f"{ORDERS}/{placed['orderId']}").json["userID"] is None
        error(ann.ask("GET", f"{ORDERS}/{placed['orderId']}"), 404)

    @pytest.mark.parametrize(
        ("word", "shown"), [("confirmed", "confirmed"), ("shipped", "shipped"), ("cancelled", "cancelled")]
    )
    def test_status_uses_the_contract_vocabulary(
        self, keeper: Shopper, ann: OStoreShopper, word: str, shown: str
    ) -> None:
        order = ann.ordered((product(keeper), 1))

        keeper.put({"order_id": order["orderID"]}, word)

        assert ann.see(order).json["status"] == shown

    def test_paid_is_shown_as_confirmed(self, stack: Stack, keeper: Shopper, ann: OStoreShopper) -> None:
        order = ann.ordered((product(keeper), 1))
        paid = TargetStatus(OrderStatus.PAID, frozenset({OrderStatus.PAID}))
        operator = Actor(subject="cli", role=Role.ADMIN)

        request = BulkChangeStatus(actor=operator, order_ids=(order["orderID"],), target=paid)
        assert stack.container.bulk_change_status(request).failed == ()
        seen = [ann.see(order).json["status"]]
        for word in ("shipped", "delivered"):
            keeper.put({"order_id": order["orderID"]}, word)
            seen.append(ann.see(order).json["status"])

        assert seen == ["confirmed", "shipped", "delivered"]

    def test_cancel_elsewhere_restores_stock(self, keeper: Shopper, ann: OStoreShopper) -> None:
        tea = product(keeper, stock=10)
        order = ann.ordered((tea, 4))

        keeper.put({"order_id": order["orderID"]}, "cancelled")

        assert stock(keeper, tea) == 10

    def test_management_shows_ostore_order(self, stack: Stack, keeper: Shopper, ann: OStoreShopper) -> None:
        order = ann.ordered((product(keeper, price=2.5), 4))

        shown = twin(stack, keeper, role=Role.ADMIN).see({"order_id": order["orderID"]}).json

        assert (shown["total_amount"], shown["shipping_city"], shown["user_id"]) == (10.0, "", ann.subject)


@pytest.mark.clause("003-14")
def test_foreign_keys_protect_order_rows(stack: Stack, keeper: Shopper, ann: OStoreShopper) -> None:
    tea = product(keeper)
    order = ann.ordered((tea, 1))

    rows = stack.rows(
        "SELECT users.id, products.id, order_items.quantity FROM orders JOIN users ON users.id = orders.user_id "
        "JOIN order_items ON order_items.order_id = orders.id JOIN products ON products.id = order_items.product_id "
        f"WHERE orders.number = {order['orderID']}"
    )

    assert rows == [(ann.subject, tea, 1)]
    for wrong in (f"DELETE FROM users WHERE id = '{ann.subject}'", f"DELETE FROM products WHERE id = {tea}"):
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            _strictly(stack, wrong)


def _strictly(stack: Stack, statement: str) -> None:
    """Run the statement with foreign keys enabled, because SQLite checks them only on request."""
    with stack.container.store().unit_of_work() as uow:
        uow.orders._connection.exec_driver_sql(statement)  # type: ignore[attr-defined]
