"""Examples of the OpenAPI document succeed on the demonstration as they stand."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from orders_flask import Settings
from orders_flask.cli import demo
from tests.support.client import Caller, as_json, ask
from tests.support.service_stack import Stack

NOT_TO_EXECUTE = {"auth_sign_out": "it would end the caller's token"}
BY_ANN = {"management_delete_order", "management_delete_template", "management_place_order_from_template"}
METHODS = ("post", "get", "put", "patch", "delete")  # deletions last


def demonstration(build: Callable[..., Stack]) -> Stack:
    stack = build(Settings(database_url="memory://", demo="on", log_level="ERROR"))
    demo.fill(stack.container, stack.settings)
    return stack


def test_every_example_succeeds_on_the_demonstration(build: Callable[..., Stack]) -> None:
    stack = demonstration(build)
    tokens = ask(stack.app, "GET", "/docs/demonstration.json").json
    people = {name: Caller(app=stack.app, subject=name, token=token) for name, token in tokens.items()}
    document = ask(stack.app, "GET", "/openapi-demonstration.json").json
    listed = [
        (method, path, item[method])
        for method in METHODS
        for path, item in document["paths"].items()
        if method in item and item[method]["operationId"] not in NOT_TO_EXECUTE
    ]

    for method, path, operation in listed:
        name = operation["operationId"]
        person = people["ann" if name.startswith("orders_") or name in BY_ANN else "admin"]
        response = request(person, method, filled(people, path), operation)
        assert response.status_code < 300, (name, response.status_code, response.text)

    assert len(listed) > 25


def request(person: Caller, method: str, path: str, operation: dict[str, Any]) -> Any:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    sent = as_json(body["example"]) if "example" in body else {}
    required = [one for one in operation.get("parameters", []) if one.get("required")]
    given = {"Idempotency-Key": path, "If-Match": "*"}
    headers = {one["name"]: one.get("example") or given[one["name"]] for one in required}
    return person.ask(method.upper(), path, headers=headers, **sent)


def filled(people: dict[str, Caller], path: str) -> str:
    """The path with the number or id of something that exists, as a reader of the page would find it."""
    ann, admin = people["ann"], people["admin"]
    if "{user_id}" in path:
        return path.replace("{user_id}", quote(ann.subject))
    if "{" not in path:
        return path
    if "/products/" in path:
        return path.replace("{ref}", "1")
    if "/placements/" in path:
        placing = ann if path.startswith("/orders") else admin
        body = {"items": [], "total_price": 0}
        job = placing.ask("POST", "/orders/", headers={"Prefer": "respond-async"}, **as_json(body))
        return path.replace("{job_id}", job.headers["Location"].rpartition("/")[2])
    if "{job_id}" in path:
        return path.replace("{job_id}", job_of(admin))
    if "/templates/" in path:
        body = {"name": "x", **order_body()}
        return path.replace("{ref}", str(ann.post(body, path="/api/v1/orders/templates").json["template_id"]))
    if path.startswith("/api/v1/orders/{ref}"):
        return path.replace("{ref}", str(ann.post(order_body(), path="/api/v1/orders/").json["order_id"]))
    if path.startswith("/v1/"):
        return shop_path(admin, path)
    if path.startswith("/ostore"):
        order = {"userID": "ann", "orderItems": [{"productID": 1, "quantity": 1}]}
        return path.replace("{ref}", str(admin.post(order, path="/ostore/orders/").json["orderID"]))
    return path.replace("{order_ref}", ann.place()["id"])


def shop_path(admin: Caller, path: str) -> str:
    """The path with a new order, which allows what the path does."""

    def post(to: str, **body: object) -> Any:
        return admin.post(body, path=to, **{"Idempotency-Key": str(uuid4()), "If-Match": "*"}).json

    if "{webhook_id}" in path:
        return webhook_path(admin, path)
    placed = post("/v1/orders", lines=[{"title": "Tea", "quantity": 2, "unit_price_minor": 250}])
    order = f"/v1/orders/{placed['id']}"
    if "{hold_id}" in path:
        held = post("/v1/stock-holds", lines=[{"product_id": 1, "quantity": 1}], seconds=60)
        return path.replace("{hold_id}", held["id"])
    if path.endswith("/release"):
        post(f"{order}/hold", reason="address")
    if "/refunds" in path:
        post(f"{order}/payments", provider="bank", reference=str(uuid4()), kind="captured", amount_minor=500)
    if "{shipment_id}" in path:
        path = path.replace("{shipment_id}", post(f"{order}/shipments")["shipments"][0]["id"])
    if "/returns" in path:
        post(f"{order}/shipments")
    if "{return_id}" in path:
        units = [{"number": 1, "quantity": 1}]
        path = path.replace("{return_id}", post(f"{order}/returns", lines=units, reason="x")["returns"][0]["id"])
    if "{refund_id}" in path:
        refund = post(f"{order}/refunds", amount_minor=10, reason="broken")["refunds"][0]["id"]
        post(f"{order}/payments", provider="bank", reference=str(uuid4()), kind="refund_failed", amount_minor=10)
        path = path.replace("{refund_id}", refund)
    return path.replace("{order_ref}", str(placed["id"]))


def webhook_path(admin: Caller, path: str) -> str:
    """The path with a new webhook endpoint, and a delivery of it."""
    url = f"https://hooks.example.com/{uuid4()}"
    webhook = admin.post({"url": url}, path="/v1/webhooks").json["id"]
    delivery = admin.post({}, path=f"/v1/webhooks/{webhook}/test").json["id"]
    return path.replace("{webhook_id}", webhook).replace("{delivery_id}", str(delivery))


def job_of(admin: Caller) -> str:
    numbers = list(range(1, 102))
    path = "/api/v1/orders/bulk/status"
    job = admin.post({"order_ids": numbers, "status": "shipped"}, path=path, Prefer="respond-async")
    return str(job.headers["Location"].rpartition("/")[2])


def order_body() -> dict[str, Any]:
    address = {f"shipping_{part}": "x" for part in ("address_line1", "city", "state", "postal_code", "country")}
    return {"order_items": [{"product_id": 1, "quantity": 1}], **address}


def test_no_optional_filter_has_an_example(build: Callable[..., Stack]) -> None:
    document = ask(demonstration(build).app, "GET", "/openapi.json").json

    for path, item in document["paths"].items():
        for operation in (one for one in item.values() if isinstance(one, dict)):
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "query":
                    assert "example" not in repr(parameter), (path, parameter["name"])


def test_examples_have_paths_of_what_was_placed(build: Callable[..., Stack]) -> None:
    stack = demonstration(build)
    ann = Caller(app=stack.app, subject="ann", token=ask(stack.app, "GET", "/docs/demonstration.json").json["ann"])
    placed = ann.place()
    number = ann.post(order_body(), path="/api/v1/orders/").json["order_id"]
    template = ann.post({"name": "x", **order_body()}, path="/api/v1/orders/templates").json["template_id"]

    paths = ask(stack.app, "GET", "/openapi-demonstration.json").json["paths"]

    found = {
        path: item["parameters"][0]["example"]
        for path, item in paths.items()
        if "example" in repr(item.get("parameters"))
    }
    assert found["/orders/{order_ref}"] == placed["id"]
    assert found["/orders/user/{user_id}"] == "ann"
    assert found["/api/v1/orders/{ref}"] == found["/api/v1/orders/{ref}/status"] == number
    assert found["/api/v1/orders/templates/{ref}"] == template
    assert found["/api/v1/products/{ref}"] == 1


def test_examples_are_for_addresses_of_this_machine(build: Callable[..., Stack]) -> None:
    app = demonstration(build).app

    for path in ("/docs/demonstration.json", "/openapi-demonstration.json"):
        for host, status in {"127.0.0.1:8000": 200, "[::1]:8000": 200, "localhost": 200, "shop.example": 404}.items():
            response = ask(app, "GET", path, headers={"Host": host})
            assert (response.status_code, host) == (status, host)
    assert "demonstration.js" not in ask(app, "GET", "/docs/", headers={"Host": "shop.example"}).text
    assert ask(app, "GET", "/openapi-demonstration.json").headers["Cache-Control"] == "no-store"
