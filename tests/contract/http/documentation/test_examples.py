"""Examples of the OpenAPI document succeed on the demonstration as they stand."""

from collections.abc import Callable
from typing import Any

from orders_flask import Settings
from orders_flask.app import container_of
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

    assert execute_all(stack) > 60


def test_restarted_demonstration_is_ready_again(build: Callable[..., Stack]) -> None:
    """An operation that an order allows once has another order after `orders demo` was started again."""
    stack = demonstration(build)
    executed = execute_all(stack, prefix="/v1/")

    demo.fill(stack.container, stack.settings)

    assert execute_all(stack, prefix="/v1/") == executed > 20
    shown = people(stack)["ann"].ask("GET", "/v1/orders/?source=demo").json["data"]
    references = {order["reference"] for order in shown}
    assert {"held-1", "held-2", "open-1"} <= references
    assert "open-2" not in references


def execute_all(stack: Stack, *, prefix: str = "/") -> int:
    """Execute the examples of the operations whose path has the prefix; return their number."""
    callers = people(stack)
    document = ask(stack.app, "GET", "/openapi-demonstration.json").json
    container_of(stack.app).job_worker(wait=lambda _: None).step()  # the document has the jobs of files
    listed = [
        (method, path, item)
        for method in METHODS
        for path, item in document["paths"].items()
        if method in item and item[method]["operationId"] not in NOT_TO_EXECUTE and path.startswith(prefix)
    ]

    for method, path, item in listed:
        operation = item[method]
        name = operation["operationId"]
        person = callers["ann" if name.startswith("orders_") or name in BY_ANN else "admin"]
        url = shown_path(path, item) if path.startswith("/v1/") else filled(callers, path)
        response = request(person, method, url, operation)
        assert response.status_code < 300, (name, response.status_code, response.text)

    return len(listed)


def people(stack: Stack) -> dict[str, Caller]:
    tokens = ask(stack.app, "GET", "/docs/demonstration.json").json
    return {name: Caller(app=stack.app, subject=name, token=token) for name, token in tokens.items()}


def shown_path(path: str, item: dict[str, Any]) -> str:
    """The path as the page shows it, with the examples of its parameters."""
    return path.format_map({one["name"]: one["example"] for one in item.get("parameters", [])})


def request(person: Caller, method: str, path: str, operation: dict[str, Any]) -> Any:
    bodies = operation.get("requestBody", {}).get("content", {})
    body = bodies.get("application/json", {})
    sent = as_json(body["example"]) if "example" in body else {}
    if "text/csv" in bodies:
        sent = {"data": bodies["text/csv"]["example"], "content_type": "text/csv"}
    required = [one for one in operation.get("parameters", []) if one.get("required")]
    given = {"Idempotency-Key": path, "If-Match": "*"}
    headers = {one["name"]: one.get("example") or given[one["name"]] for one in required}
    return person.ask(method.upper(), path, headers=headers, **sent)


def filled(people: dict[str, Caller], path: str) -> str:
    """The path with the number or id of something that exists, as a reader of the page would find it."""
    ann, admin = people["ann"], people["admin"]
    path = path.replace("{user_id}", ann.subject)
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
    if path.startswith("/ostore"):
        order = {"userID": "ann", "orderItems": [{"productID": 1, "quantity": 1}]}
        return path.replace("{ref}", str(admin.post(order, path="/ostore/orders/").json["orderID"]))
    return path.replace("{order_ref}", ann.place()["id"])


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
