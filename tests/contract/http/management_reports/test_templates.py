"""POST and GET /templates, POST /templates/{id}/place, DELETE /templates/{id}"""

from typing import Any

import pytest

from tests.contract.http.management_reports.reports_client import HOME, ORDERS, ReportsShop, of, refused, template_body
from tests.support.client import Caller, as_json, ask

TEMPLATES = f"{ORDERS}/templates"


def stored_template(caller: Caller, products: dict[int, int], *, name: str = "Weekly tea") -> dict[str, Any]:
    return dict(of(caller.post(template_body(products, name=name), path=TEMPLATES), 201))


def place(caller: Caller, template: dict[str, Any]) -> Any:
    return caller.ask("POST", f"{TEMPLATES}/{template['template_id']}/place")


def remove(caller: Caller, template: dict[str, Any]) -> Any:
    return caller.ask("DELETE", f"{TEMPLATES}/{template['template_id']}")


@pytest.mark.clause("002-33")
def test_template_is_stored_for_a_new_user(shop: ReportsShop) -> None:
    template = stored_template(shop.ann, {7: 2, 3: 1})

    assert template == {
        "template_id": template["template_id"],
        "name": "Weekly tea",
        "order_items": [{"product_id": 7, "quantity": 2}, {"product_id": 3, "quantity": 1}],
        **HOME,
        "shipping_address_line2": None,
        "created_at": "2026-03-14T12:00:00.123456Z",
    }
    assert of(shop.ann.ask("GET", TEMPLATES)) == [template]


@pytest.mark.parametrize("blank", ["", "  "])
def test_blank_second_line_is_stored_as_null(shop: ReportsShop, blank: str) -> None:
    body = template_body({7: 2}, name="Weekly tea") | {"shipping_address_line2": blank}

    template = of(shop.ann.post(body, path=TEMPLATES), 201)

    assert template["shipping_address_line2"] is None
    assert of(shop.ann.ask("GET", TEMPLATES)) == [template]


@pytest.mark.clause("002-33")
def test_template_order_uses_current_prices(shop: ReportsShop) -> None:
    tea = shop.product(price=2.5, stock=10)
    template = stored_template(shop.ann, {tea: 4})
    of(shop.admin.ask("PATCH", f"/api/v1/products/{tea}", **as_json({"price": 3})))

    orders = [of(place(shop.ann, template)) for _ in range(2)]

    for order in orders:
        assert (order["status"], order["user_id"], order["total_amount"]) == ("pending", "ann", 12.0)
        assert [(item["product_id"], item["quantity"]) for item in order["order_items"]] == [(tea, 4)]
        assert {name: order[name] for name in HOME} == HOME
        assert of(shop.ann.ask("GET", f"{ORDERS}/{order['order_id']}")) == order
    assert orders[0]["order_id"] != orders[1]["order_id"]
    assert of(shop.ann.ask("GET", f"/api/v1/products/{tea}"))["stock_quantity"] == 2


@pytest.mark.clause("002-33")
def test_template_shortage_names_every_product(shop: ReportsShop) -> None:
    tea, cup = shop.product("Tea", stock=1), shop.product("Cup", stock=9)
    template = stored_template(shop.ann, {tea: 2, cup: 3, 404: 1})

    detail = refused(place(shop.ann, template), 400)

    assert detail["message"] == "Some products have insufficient stock"
    issues = {issue["product_id"]: issue["available"] for issue in detail["stock_issues"]}
    assert issues == {tea: 1, 404: 0}
    assert of(shop.ann.ask("GET", f"/api/v1/products/{cup}"))["stock_quantity"] == 9
    assert of(shop.ann.ask("GET", f"{ORDERS}/my-orders")) == []


@pytest.mark.clause("002-33")
def test_template_list_is_paged_per_owner(shop: ReportsShop) -> None:
    mine = [stored_template(shop.ann, {1: 1}, name=f"Template {number}") for number in range(12)]
    stored_template(shop.bob, {1: 1})

    assert of(shop.ann.ask("GET", TEMPLATES)) == mine[:10]
    assert of(shop.ann.ask("GET", f"{TEMPLATES}?skip=10")) == mine[10:]
    assert of(shop.ann.ask("GET", f"{TEMPLATES}/?skip=1&limit=2")) == mine[1:3]
    assert of(shop.admin.ask("GET", TEMPLATES)) == []
    for query in ("limit=0", "limit=1001", "skip=-1", "limit=x"):
        refused(shop.ann.ask("GET", f"{TEMPLATES}?{query}"), 400)


@pytest.mark.clause("002-33")
def test_template_of_another_user_is_404(shop: ReportsShop) -> None:
    template = stored_template(shop.ann, {shop.product(): 1})

    for caller in (shop.bob, shop.admin):
        refused(place(caller, template), 404)
        refused(remove(caller, template), 404)

    assert of(shop.ann.ask("GET", TEMPLATES)) == [template]
    assert of(shop.admin.ask("GET", f"{ORDERS}/")) == []


@pytest.mark.clause("002-33")
def test_deleted_template_leaves_its_orders(shop: ReportsShop) -> None:
    template = stored_template(shop.ann, {shop.product(): 1})
    order = of(place(shop.ann, template))

    assert of(remove(shop.ann, template)).keys() == {"message"}

    refused(place(shop.ann, template), 404)
    refused(remove(shop.ann, template), 404)
    assert of(shop.ann.ask("GET", TEMPLATES)) == []
    assert of(shop.ann.ask("GET", f"{ORDERS}/{order['order_id']}")) == order


@pytest.mark.parametrize("ref", ["404", "0", "-1", "none", "1.0", "9" * 30, "018f0000-0000-7000-8000-000000000000"])
def test_unknown_template_is_404(shop: ReportsShop, ref: str) -> None:
    refused(place(shop.ann, {"template_id": ref}), 404)
    refused(remove(shop.ann, {"template_id": ref}), 404)


@pytest.mark.clause("002-33")
@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE order_templates; --",
        "<script>alert('template')</script>",
        '" OR 1=1 --',
        "{{ 7*7 }} %(name)s :name ${name} \\",
        "\u202eright to left\U0001f375",
    ],
)
def test_template_text_is_stored_verbatim(shop: ReportsShop, text: str) -> None:
    body = template_body({shop.product(): 1}, name=text) | {"shipping_city": text, "shipping_address_line2": text}

    template = of(shop.ann.post(body, path=TEMPLATES), 201)

    assert (template["name"], template["shipping_city"], template["shipping_address_line2"]) == (text, text, text)
    assert of(shop.ann.ask("GET", TEMPLATES)) == [template]
    response = place(shop.ann, template)
    assert of(response)["shipping_city"] == text
    assert response.mimetype == "application/json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": None}, "name"),
        ({"name": "NUL \x00"}, "name"),
        ({"order_items": []}, "order_items"),
        ({"order_items": [{"product_id": 1, "quantity": 0}]}, "order_items.0.quantity"),
        ({"order_items": [{"product_id": 1, "quantity": -1}]}, "order_items.0.quantity"),
        ({"order_items": [{"product_id": "1", "quantity": 1}]}, "order_items.0.product_id"),
        ({"shipping_city": " "}, "shipping_city"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_invalid_template_is_400(shop: ReportsShop, change: dict[str, object], field: str) -> None:
    detail = refused(shop.ann.post(template_body({1: 1}, name="Tea") | change, path=TEMPLATES), 400)

    assert field in detail["errors"]
    assert of(shop.ann.ask("GET", TEMPLATES)) == []


@pytest.mark.parametrize("missing", ["name", "order_items", *HOME])
def test_missing_template_field_is_400(shop: ReportsShop, missing: str) -> None:
    body = {name: value for name, value in template_body({1: 1}, name="Tea").items() if name != missing}

    assert missing in refused(shop.ann.post(body, path=TEMPLATES), 400)["errors"]


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("GET", ""), ("POST", "/1/place"), ("DELETE", "/1")])
def test_template_route_without_token_is_401(shop: ReportsShop, method: str, path: str) -> None:
    refused(ask(shop.stack.app, method, TEMPLATES + path), 401)
