"""POST /api/v1/orders/: orders of catalog products, at current prices, with stock deduction."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.contract.http.management.client import ORDERS, PRODUCTS, SHIPPING, Shopper, body, detail, errors
from tests.support.service_stack import Stack

SQL = "'); DROP TABLE orders; --"
HTML = '<script>alert("x")</script>&amp;<b>ö</b>'
MAX_LENGTHS = {
    "shipping_address_line1": 255,
    "shipping_address_line2": 255,
    "shipping_city": 100,
    "shipping_state": 100,
    "shipping_postal_code": 20,
    "shipping_country": 100,
}
NEEDED = [name for name in SHIPPING if name != "shipping_address_line2"]


@pytest.mark.clause("002-02", "002-10", "002-19")
def test_order_has_prices_total_and_address(root: Shopper, ann: Shopper) -> None:
    tea, milk = root.product(price=37.5, stock=10), root.product(price=0.99, stock=10)

    response = ann.wants((milk, 3), (tea, 2))

    assert response.status_code == 200
    order = response.json
    moment = datetime.fromisoformat(order.pop("order_date"))
    number = order.pop("order_id")
    item_ids = [item.pop("order_item_id") for item in order["order_items"]]
    assert order == {
        "user_id": ann.subject,
        "status": "pending",
        "total_amount": 77.97,
        "currency": "USD",
        **SHIPPING,
        "order_items": [
            {"product_id": tea["product_id"], "quantity": 2, "unit_price": 37.5, "subtotal": 75.0},
            {"product_id": milk["product_id"], "quantity": 3, "unit_price": 0.99, "subtotal": 2.97},
        ],
    }
    assert isinstance(number, int)
    assert len(set(item_ids)) == 2
    assert timedelta() <= datetime.now(UTC) - moment < timedelta(seconds=30)
    assert (root.stock_of(tea), root.stock_of(milk)) == (8, 7)


@pytest.mark.clause("002-10", "002-12")
def test_order_is_equal_in_every_view(root: Shopper, ann: Shopper) -> None:
    order = ann.ordered((root.product(), 1))

    for response in (ann.see(order), root.see(order)):
        assert (response.status_code, response.json) == (200, order)
    assert ann.mine().json == [order]
    assert root.search(f"user_id={ann.subject}").json == [order]


@pytest.mark.clause("002-12")
def test_order_is_found_by_uuid(stack: Stack, root: Shopper, ann: Shopper) -> None:
    order = ann.ordered((root.product(), 1))
    [(stored,)] = stack.rows(f"SELECT id FROM orders WHERE number = {order['order_id']}")
    order_id = str(UUID(str(stored)))  # SQLite stores it without dashes

    for path in (f"{ORDERS}/{order_id}", f"{ORDERS}/{order_id.upper()}"):
        assert ann.ask("GET", path).json == order


def test_second_address_line_is_optional(root: Shopper, ann: Shopper) -> None:
    tea = root.product()
    without = {name: text for name, text in body((tea["product_id"], 1)).items() if name != "shipping_address_line2"}

    for line2 in ({}, *({"shipping_address_line2": text} for text in (None, "", " ", "\t\u2003\n"))):
        response = ann.post(without | line2)
        assert response.status_code == 200
        assert response.json["shipping_address_line2"] is None
        assert ann.see(response.json).json == response.json


@pytest.mark.clause("002-10")
def test_price_change_leaves_orders_unchanged(root: Shopper, ann: Shopper) -> None:
    tea = root.product(price=10)
    order = ann.ordered((tea, 2))

    root.ask("PATCH", f"{PRODUCTS}/{tea['product_id']}", data='{"price": 99.99}', content_type="application/json")

    assert ann.see(order).json == order
    assert ann.ordered((tea, 2))["total_amount"] == 199.98


@pytest.mark.clause("002-01", "002-10")
@pytest.mark.parametrize(("first", "second"), [(1, 2), (6_000, 6_000), (10_000, 10_000)])
def test_duplicate_items_are_summed(root: Shopper, ann: Shopper, first: int, second: int) -> None:
    tea = root.product(stock=20_000, price=0.01)

    order = ann.ordered((tea, first), (tea, second))

    assert [(item["quantity"], item["subtotal"]) for item in order["order_items"]] == [
        (first + second, (first + second) / 100)
    ]
    assert root.stock_of(tea) == 20_000 - first - second


@pytest.mark.clause("002-18", "002-20")
@pytest.mark.parametrize("quantities", [(2,), (1, 1)])
def test_excessive_total_names_order_items(
    stack: Stack, root: Shopper, ann: Shopper, quantities: tuple[int, ...]
) -> None:
    dear = [root.product(price=6_000_000_000) for _ in quantities]
    before = stack.everything()

    response = ann.wants(*zip(dear, quantities, strict=True))

    assert errors(response) == {"order_items": ["An amount must be at most 1000000000000 minor units."]}
    assert stack.everything() == before


@pytest.mark.clause("002-01", "002-03")
def test_duplicate_items_are_checked_by_sum(stack: Stack, root: Shopper, ann: Shopper) -> None:
    tea = root.product(stock=11_999)
    before = stack.everything()

    problem = detail(ann.wants((tea, 6_000), (tea, 6_000)), 400)

    assert [(issue["requested"], issue["available"]) for issue in problem["stock_issues"]] == [(12_000, 11_999)]
    assert stack.everything() == before


@pytest.mark.clause("002-01", "002-03", "002-20")
def test_stock_shortage_names_every_product(stack: Stack, root: Shopper, ann: Shopper) -> None:
    plenty, two, none = root.product(stock=100), root.product(stock=2), root.product(stock=0)
    unknown = {"product_id": 2**62}
    before = stack.everything()

    response = ann.wants((none, 1), (unknown, 3), (plenty, 1), (two, 5))

    assert detail(response, 400) == {
        "message": "Some products have insufficient stock",
        "stock_issues": [
            issue(two, requested=5, available=2),
            issue(none, requested=1, available=0),
            issue(unknown, requested=3, available=0),
        ],
    }
    assert stack.everything() == before


def issue(product: dict[str, Any], *, requested: int, available: int) -> dict[str, Any]:
    return {
        "product_id": product["product_id"],
        "product_name": product.get("name"),
        "requested": requested,
        "available": available,
        "stock_available": available,
        "is_available": False,
        "error": f"Insufficient stock. Available: {available}, Requested: {requested}",
    }


@pytest.mark.clause("002-02")
def test_last_unit_is_sold_once(root: Shopper, ann: Shopper, bob: Shopper) -> None:
    tea = root.product(stock=3)

    ann.ordered((tea, 3))

    assert detail(bob.wants((tea, 1)), 400)["stock_issues"] == [issue(tea, requested=1, available=0)]
    assert root.stock_of(tea) == 0


@pytest.mark.clause("002-18", "002-22")
def test_invalid_quantity_is_400(stack: Stack, root: Shopper, ann: Shopper) -> None:
    tea = root.product()["product_id"]
    before = stack.everything()

    wrong: list[Any] = [0, -1, 10_001, 1.5, 1.0, "2", "", True, False, None, [], {}, [1], 10**30, -(10**30), 1e300]
    for quantity in wrong:
        for items in ([(tea, quantity)], [(tea, 1), (tea, quantity)]):
            messages = errors(ann.post(body(*items)))
            assert messages.keys() == {f"order_items.{len(items) - 1}.quantity"}, quantity
    assert stack.everything() == before


@pytest.mark.clause("002-18", "002-22")
def test_invalid_product_id_is_rejected(stack: Stack, ann: Shopper) -> None:
    before = stack.everything()

    wrong: list[Any] = [1.5, 1.0, "1", "", True, None, [], {}, 10**30, 2**63, -(2**63) - 1, SQL]
    for product in wrong:
        assert errors(ann.post(body((product, 1)))).keys() == {"order_items.0.product_id"}, product
    for product in (0, -1, 2**63 - 1, -(2**63)):
        [short] = detail(ann.post(body((product, 1))), 400)["stock_issues"]
        assert (short["product_id"], short["product_name"], short["available"]) == (product, None, 0)
    assert stack.everything() == before


@pytest.mark.clause("002-18")
def test_invalid_items_are_400(stack: Stack, root: Shopper, ann: Shopper) -> None:
    tea = root.product(stock=5_000)["product_id"]
    before = stack.everything()

    part: list[Any] = [None, "tea", [], {}, {"product_id": tea}, {"quantity": 1}]
    wrong: list[Any] = [[], None, {}, "tea", 1, *([item] for item in part)]
    for items in wrong:
        messages = errors(ann.post(SHIPPING | {"order_items": items}))
        assert {name.partition(".")[0] for name in messages} == {"order_items"}, items
    assert errors(ann.post(body(*[(tea, 1)] * 1_001))).keys() == {"order_items"}
    assert errors(ann.post(dict(SHIPPING))).keys() == {"order_items"}
    assert stack.everything() == before
    assert ann.post(body(*[(tea, 1)] * 1_000)).status_code == 200


@pytest.mark.clause("002-18", "002-22")
@pytest.mark.parametrize("name", list(SHIPPING))
def test_invalid_shipping_field_is_400(stack: Stack, root: Shopper, ann: Shopper, name: str) -> None:
    tea = root.product()["product_id"]
    before = stack.everything()

    too_long = ["x" * 256, "x" * (MAX_LENGTHS[name] + 1), "ö" * (MAX_LENGTHS[name] + 1), "💡" * 1_000]
    blank: list[Any] = ["", " ", "\t\n ", None]
    wrong: list[Any] = ["a\x00b", "\x00", "a\ud800b", "\udfff", 1, True, [], {}, *too_long]
    for text in [*wrong, *blank] if name in NEEDED else wrong:
        assert errors(ann.post(body((tea, 1), **{name: text}))).keys() == {name}, repr(text)
    if name in NEEDED:
        missing = {field: text for field, text in body((tea, 1)).items() if field != name}
        assert errors(ann.post(missing)).keys() == {name}
    assert stack.everything() == before


@pytest.mark.clause("002-22")
@pytest.mark.parametrize("name", list(SHIPPING))
@pytest.mark.parametrize("text", [SQL, HTML, "{{7*7}}", "../../etc", " spaces ", "ö💡\u202e", "%00%s", "\\u0000"])
def test_shipping_text_is_stored_verbatim(root: Shopper, ann: Shopper, name: str, text: str) -> None:
    text = text[: MAX_LENGTHS[name]]
    tea = root.product()

    order = ann.wants((tea, 1), **{name: text}).json

    assert order[name] == ann.see(order).json[name] == ann.mine().json[0][name] == text
    assert ann.see(order).mimetype == "application/json"
    assert ann.see(order).headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.clause("002-22")
@pytest.mark.parametrize("name", list(SHIPPING))
def test_shipping_text_of_max_length_is_stored(root: Shopper, ann: Shopper, name: str) -> None:
    text = "ö" * MAX_LENGTHS[name]

    assert ann.wants((root.product(), 1), **{name: text}).json[name] == text


@pytest.mark.clause("002-22")
def test_unknown_field_is_400(stack: Stack, root: Shopper, ann: Shopper) -> None:
    tea = root.product()["product_id"]
    before = stack.everything()

    for name in ("user_id", "status", "total_amount", "order_id", "", "é", "order_items "):
        assert errors(ann.post(body((tea, 1)) | {name: 1})) == {name: ["Unknown field."]}
    for name in ("unit_price", "subtotal", "price", ""):
        item = {"product_id": tea, "quantity": 1, name: 0}
        assert errors(ann.post(SHIPPING | {"order_items": [item]})) == {f"order_items.0.{name}": ["Unknown field."]}
    assert stack.everything() == before


@pytest.mark.clause("002-22")
@pytest.mark.parametrize("name", ["\ud800", "a\udfffb"])
def test_unknown_surrogate_field_is_400(stack: Stack, root: Shopper, ann: Shopper, name: str) -> None:
    tea = root.product()["product_id"]
    before = stack.everything()

    detail(ann.post(body((tea, 1)) | {name: 1}), 400)
    detail(ann.post(SHIPPING | {"order_items": [{"product_id": tea, "quantity": 1, name: 1}]}), 400)

    assert stack.everything() == before


@pytest.mark.clause("002-18", "002-20")
@pytest.mark.parametrize(
    ("sent", "status"),
    [(b"", 400), (b"{", 400), (b"[]", 400), (b"null", 400), (b'"x"', 400), (b"\xff", 400), (b"NaN", 400),
     (b'{"order_items": NaN}', 400), (b'{"a": 1, "a": 2}', 400), (b"[" * 100_000, 400), (b"9" * 5_000, 400),
     (b" " * (2**20 + 1), 413)],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_unreadable_body_is_rejected(stack: Stack, ann: Shopper, sent: bytes, status: int) -> None:
    before = stack.everything()

    detail(ann.post_raw(sent), status)

    assert stack.everything() == before


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_wrong_content_type_is_415(ann: Shopper, content_type: str | None) -> None:
    detail(ann.post_raw(json.dumps(body((1, 1))).encode(), content_type=content_type), 415)


@pytest.mark.clause("002-10")
def test_total_above_the_maximum_is_400(stack: Stack, root: Shopper, ann: Shopper) -> None:
    gold = root.product(price=10_000_000_000, stock=10)
    before = stack.everything()

    detail(ann.wants((gold, 2)), 400)

    assert stack.everything() == before
    assert ann.ordered((gold, 1))["total_amount"] == 10_000_000_000


@pytest.mark.clause("002-10")
def test_mixed_currencies_are_400(stack: Stack, root: Shopper, ann: Shopper) -> None:
    dollars, yen = root.product(price=1, currency="USD"), root.product(price=100, currency="JPY")
    before = stack.everything()

    detail(ann.wants((dollars, 1), (yen, 1)), 400)

    assert stack.everything() == before
    order = ann.ordered((yen, 3))
    assert (order["currency"], order["total_amount"]) == ("JPY", 300)


@pytest.mark.clause("002-10")
def test_total_is_exact_to_the_cent(root: Shopper, ann: Shopper) -> None:
    items = [(root.product(price=price), quantity) for price, quantity in ((0.1, 3), (0.2, 1), (1.1, 7), (19.99, 3))]

    order = ann.ordered(*items)

    assert order["total_amount"] == 68.17
    assert [item["subtotal"] for item in order["order_items"]] == [0.3, 0.2, 7.7, 59.97]
