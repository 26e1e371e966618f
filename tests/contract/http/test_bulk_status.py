"""POST /api/v1/orders/bulk/status, and the background jobs of large requests."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from orders_domain import Actor, CustomItem, Money, Role
from orders_domain.use_cases import PlaceOrder
from tests.support.client import Answer, Caller, ask
from tests.support.service_stack import Stack

PREFIX = "/api/v1/orders"
ADDRESS = {
    "shipping_address_line1": "1 Analytical Lane",
    "shipping_city": "London",
    "shipping_state": "LDN",
    "shipping_postal_code": "W1",
    "shipping_country": "GB",
}


@pytest.fixture
def root(stack: Stack) -> Caller:
    return stack.caller("root", role=Role.ADMIN)


def bulk(caller: Caller, order_ids: object, status: object = "shipped", **headers: str) -> Answer:
    return caller.post({"order_ids": order_ids, "status": status}, path=f"{PREFIX}/bulk/status", **headers)


def job_for(caller: Caller, order_ids: object, status: object = "shipped") -> Answer:
    """The answer 202 of a bulk change that the client wants as a job."""
    return bulk(caller, order_ids, status, Prefer="respond-async")


def place(ann: Caller, root: Caller, quantity: int = 2, *, stock: int = 5) -> tuple[int, int]:
    """Place an order of a new product as Ann; return the numbers of both."""
    product = root.post({"name": "Tea", "price": 3.5, "stock_quantity": stock}, path="/api/v1/products/").json
    items = [{"product_id": product["product_id"], "quantity": quantity}]
    order = ann.post(ADDRESS | {"order_items": items}, path=f"{PREFIX}/").json
    return order["order_id"], product["product_id"]


def order(caller: Caller, order_id: object) -> dict[str, Any]:
    return dict(caller.ask("GET", f"{PREFIX}/{order_id}").json)


def statuses(stack: Stack, numbers: list[int]) -> set[tuple[str, int]]:
    """The stored statuses and versions of the orders."""
    listed = ", ".join(map(str, numbers))
    return {(str(a), int(b)) for a, b in stack.rows(f"SELECT status, version FROM orders WHERE number IN ({listed})")}


def many(ann: Caller, stack: Stack, number: int) -> list[int]:
    """The numbers of new orders of Ann, placed without HTTP."""
    tea = PlaceOrder(actor=Actor(subject=ann.subject), items=(CustomItem({"sku": "tea"}),), total=Money(1, "USD"))
    for _ in range(number):
        stack.container.place_order(tea)
    rows = stack.rows(f"SELECT number FROM orders WHERE user_id = '{ann.subject}' ORDER BY number DESC LIMIT {number}")
    return [int(row[0]) for row in rows]


@pytest.mark.clause("002-32")
def test_orders_are_changed_by_number_or_uuid(stack: Stack, ann: Caller, root: Caller) -> None:
    first, second = many(ann, stack, 2)
    by_id = ann.place()["id"]

    response = bulk(root, [first, by_id, str(second)])

    assert (response.status_code, response.json) == (200, {"updated": [first, by_id, second], "failed": []})
    assert [order(root, reference)["status"] for reference in (first, second, by_id)] == ["shipped"] * 3


@pytest.mark.clause("002-32")
def test_failed_orders_are_reported_one_by_one(stack: Stack, ann: Caller, root: Caller) -> None:
    shipped, pending = many(ann, stack, 2)
    bulk(root, [shipped])
    unknown, nowhere = str(uuid4()), 10**18 - 1

    response = bulk(root, [shipped, unknown, pending, nowhere], "cancelled")

    assert response.status_code == 200
    assert response.json == {
        "updated": [pending],
        "failed": [
            {
                "order_id": shipped,
                "error": "An order that is shipped cannot become cancelled; it can become: delivered.",
            },
            {"order_id": unknown, "error": "There is no such order."},
            {"order_id": nowhere, "error": "There is no such order."},
        ],
    }
    assert order(root, shipped)["status"] == "shipped"


@pytest.mark.clause("002-32")
def test_duplicate_order_is_changed_once(stack: Stack, ann: Caller, root: Caller) -> None:
    (number,) = many(ann, stack, 1)

    assert bulk(root, [number, number, str(number)]).json == {"updated": [number], "failed": []}
    assert statuses(stack, [number]) == {("SHIPPED", 2)}


@pytest.mark.clause("002-32", "002-08")
def test_bulk_cancel_restores_stock_once(stack: Stack, ann: Caller, root: Caller) -> None:
    placed = [place(ann, root) for _ in range(3)]
    numbers = [number for number, _ in placed]
    stack.relayed()

    bulk(root, numbers, "cancelled")
    again = bulk(root, numbers, "cancelled")

    assert again.json == {"updated": numbers, "failed": []}
    for number, product in placed:
        assert ann.ask("GET", f"/api/v1/products/{product}").json["stock_quantity"] == 5
        history = ann.ask("GET", f"{PREFIX}/{number}/history").json
        assert [(entry["to_status"], entry["actor"]) for entry in history] == [
            ("pending", ann.subject),
            ("cancelled", "root"),
        ]
    assert sorted(key for key, _ in stack.relayed().news if "order_" in key) == ["orders.order_canceled.v1"] * 3


@pytest.mark.clause("002-32", "002-07")
def test_bulk_status_is_403_for_customers(stack: Stack, ann: Caller) -> None:
    (number,) = many(ann, stack, 1)
    clerk = stack.caller(scopes=("orders:write",))

    for caller in (ann, clerk):
        response = bulk(caller, [number])
        assert (response.status_code, [*response.json]) == (403, ["detail"])
        assert caller.ask("GET", f"{PREFIX}/jobs/{uuid4()}").status_code == 403

    assert ask(stack.app, "POST", f"{PREFIX}/bulk/status", json={"order_ids": [number]}).status_code == 401
    assert ask(stack.app, "GET", f"{PREFIX}/jobs/{uuid4()}").status_code == 401
    assert statuses(stack, [number]) == {("PENDING", 1)}


@pytest.mark.clause("002-32")
@pytest.mark.parametrize(
    "order_ids",
    [None, [], 7, "7", [0], [-1], [1.0], [True], [None], [[7]], ["seven"], [10**18], list(range(1, 1_002))],
    ids=lambda value: str(value)[:20],
)
def test_invalid_order_ids_are_400(root: Caller, order_ids: object) -> None:
    response = bulk(root, order_ids)

    assert response.status_code == 400
    assert all(name.startswith("order_ids") for name in response.json["detail"]["errors"])


@pytest.mark.clause("002-32")
@pytest.mark.parametrize("status", [None, "", "PAID", "paid", "lost", 7])
def test_unknown_status_is_400(root: Caller, status: object) -> None:
    response = bulk(root, [7], status)

    assert response.status_code == 400
    assert [*response.json["detail"]["errors"]] == ["status"]


@pytest.mark.clause("002-34")
def test_bulk_is_synchronous_unless_a_job_is_wanted(stack: Stack, ann: Caller, root: Caller) -> None:
    numbers = many(ann, stack, 101)

    at_once = bulk(root, [*numbers[:100], *range(10**17, 10**17 + 900)])
    later = job_for(root, numbers, "delivered")

    assert at_once.status_code == 200
    assert (at_once.json["updated"], len(at_once.json["failed"])) == (numbers[:100], 900)
    assert (later.status_code, later.headers["Preference-Applied"]) == (202, "respond-async")
    job = later.json
    assert job == {"job_id": job["job_id"], "status": "queued", "done": 0, "total": 101, "updated": [], "failed": []}
    assert later.headers["Location"] == f"{PREFIX}/jobs/{job['job_id']}"
    assert statuses(stack, numbers) == {("SHIPPED", 2), ("PENDING", 1)}


@pytest.mark.clause("002-34", "002-32")
def test_finished_job_reports_every_order(stack: Stack, ann: Caller, root: Caller) -> None:
    numbers = many(ann, stack, 120)
    unknown = str(uuid4())
    where = job_for(root, [*numbers, unknown]).headers["Location"]

    stack.container.job_worker().step()
    response = root.ask("GET", where)

    assert response.status_code == 200
    assert response.json == {
        "job_id": where.rpartition("/")[2],
        "status": "done",
        "done": 121,
        "total": 121,
        "updated": numbers,
        "failed": [{"order_id": unknown, "error": "There is no such order."}],
    }
    assert statuses(stack, numbers) == {("SHIPPED", 2)}


@pytest.mark.clause("002-34")
def test_job_is_visible_to_every_admin(stack: Stack, root: Caller) -> None:
    where = job_for(root, list(range(10**17, 10**17 + 101))).headers["Location"]

    assert stack.caller(role=Role.ADMIN).ask("GET", where).status_code == 200
    stack.container.job_worker().step()
    assert len(root.ask("GET", where).json["failed"]) == 101


@pytest.mark.clause("002-34")
@pytest.mark.parametrize("job_id", [str(UUID(int=7)), "7", "none"])
def test_unknown_job_is_404(root: Caller, job_id: str) -> None:
    response = root.ask("GET", f"{PREFIX}/jobs/{job_id}")

    assert (response.status_code, response.json) == (404, {"detail": "There is no such job."})


@pytest.mark.clause("002-34")
def test_openapi_documents_bulk_and_job(stack: Stack) -> None:
    paths = ask(stack.app, "GET", "/openapi.json").json["paths"]

    assert {"200", "202", "400", "403"} <= paths[f"{PREFIX}/bulk/status"]["post"]["responses"].keys()
    assert {"200", "403", "404"} <= paths[f"{PREFIX}/jobs/{{job_id}}"]["get"]["responses"].keys()
