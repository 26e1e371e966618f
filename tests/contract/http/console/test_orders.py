"""Pages of orders: filters, views, bulk actions and exports; texts of customers are shown as texts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID, uuid4

import pytest

from orders_domain import Role
from orders_domain.errors import StoreUnavailable
from orders_domain.model.order_filter import Page as OrderPage
from orders_domain.use_cases import RunJob
from tests.contract.http.console.client import Operator, Page, administrator, operator
from tests.contract.http.shop.client import Shopkeeper, shopkeeper
from tests.support.cases import each_case
from tests.support.service_stack import Stack

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


@pytest.fixture
def keeper(stack: Stack) -> Shopkeeper:
    return shopkeeper(stack)


@pytest.fixture
def root(stack: Stack) -> Operator:
    return administrator(stack)


def numbers(page: Page) -> set[str]:
    """The numbers of the orders that the page lists."""
    paths = (urlsplit(link).path.rpartition("/") for link in page.links)
    return {last for before, _, last in paths if before == "/console/orders" and last.isdigit()}


def test_filters_select_orders(root: Operator, keeper: Shopkeeper) -> None:
    held, other = keeper.place(tags=["console"]), keeper.place(tags=["console"])
    keeper.changed(held, "hold", {"reason": "The address"})

    assert numbers(root.get("/orders?q=tag:console&hold=true")) >= {str(held["number"])}
    shown = numbers(root.get("/orders?tag=console&hold=false&status=open&sort=created_at"))
    assert str(other["number"]) in shown
    assert str(held["number"]) not in shown


def test_search_box_leads_to_an_order(root: Operator, keeper: Shopkeeper) -> None:
    order = keeper.place(reference="console-1", source=f"till-{keeper.caller.subject}")

    for text in (str(order["number"]), f"%23{order['number']}", order["id"]):
        assert root.get(f"/orders?q={text}").answer.headers["Location"].startswith("/console/orders/")
    assert str(order["number"]) in numbers(root.get("/orders?q=console-1"))
    assert "No order matches" in root.get("/orders?q=999999999").text


def test_store_that_is_unavailable_is_not_an_unknown_order(
    embedded_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(_: object) -> None:
        raise StoreUnavailable("The database cannot be reached.")

    stub = SimpleNamespace(get_order=unavailable, list_orders=lambda _: OrderPage(()))
    monkeypatch.setattr("orders_flask.console.orders.use_cases", lambda: stub)

    assert administrator(embedded_stack).get("/orders?q=7").status == 503


def test_search_box_finds_words_of_the_customer(root: Operator, keeper: Shopkeeper) -> None:
    name = f"Åsa Öberg{uuid4().hex[:8]}"
    order, other = keeper.place(customer={"name": name}), keeper.place()

    found = numbers(root.get(f"/orders?q={quote(name.casefold().replace('ö', 'o'))}&status=pending"))

    assert (str(order["number"]) in found, str(other["number"]) in found) == (True, False)
    assert "letter or digit" in root.get("/orders?q=!").text


@each_case(
    ("query", "message"),
    [
        ("created_from=soon", "Must be a date, such as 2026-11-27."),
        ("status=lost", "Must be one of the values of the list."),
        ("min_total=3", "A currency must be given with a total."),
        ("min_total=x&currency=USD", "An amount must be a number, such as 12.50."),
        ("min_total=12,50&currency=USD", "An amount must be a number, such as 12.50."),
        ("min_total=%D9%A1&currency=USD", "An amount must be a number, such as 12.50."),
        ("sort=random", "Must be one of the values of the list."),
    ],
)
def test_invalid_filter_is_said_beside_the_field(embedded_stack: Stack, query: str, message: str) -> None:
    page = administrator(embedded_stack).get(f"/orders?{query}")

    assert page.status == 422
    assert message in page.text or "sort" in query


def test_script_is_led_to_the_page_of_an_invalid_filter(embedded_stack: Stack) -> None:
    part = {"HX-Request": "true"}
    browser = administrator(embedded_stack)

    answer = browser.get("/orders?q=&min_total=3&other=x", headers=part).answer

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/console/orders?min_total=3")
    assert browser.get("/orders?min_total=1,250.00&currency=USD", headers=part).status == 200


def test_totals_have_a_comma_before_three_digits(root: Operator, keeper: Shopkeeper) -> None:
    line = {"title": "Sofa", "quantity": 1, "unit_price_minor": 125_000}
    tag = f"sofa-{keeper.caller.subject}"
    order = keeper.place(line, tags=[tag])

    found = [numbers(root.get(f"/orders?tag={tag}&currency=USD&min_total={text}")) for text in ("1,250.00", "1,250.01")]

    assert found == [{str(order["number"])}, set()]


def test_views_are_saved_in_the_browser(root: Operator) -> None:
    page = root.get("/orders?status=paid&tag=gift")

    saved = root.send(page.form("views"), name=HOSTILE[:40])
    assert saved.status == 200
    assert "/console/orders?status=paid&tag=gift" in saved.links
    assert HOSTILE[:40] not in saved.answer.text
    removed = root.send(saved.form("remove"))
    assert "is removed" in removed.text
    assert "/console/orders?status=paid&tag=gift" not in removed.links


def test_view_that_is_not_saved_leaves_its_query(root: Operator, keeper: Shopkeeper) -> None:
    keeper.place(tags=["unsaved"])

    failed = root.send(root.get("/orders?tag=unsaved&status=pending").form("views"), name=" ")

    assert (failed.status, len(failed.alerts)) == (422, 1)
    assert "/console/orders?status=pending&tag=unsaved&select=page#bulk" in failed.links
    assert not [link for link in failed.links if "form_token" in link or "name=" in link]


def test_pages_follow_each_other(root: Operator, keeper: Shopkeeper) -> None:
    tag = f"paged-{keeper.caller.subject}"
    placed = {str(keeper.place(tags=[tag])["number"]) for _ in range(51)}

    first = root.get(f"/orders?tag={tag}")
    (link,) = [values["href"] for name, values in first.elements if name == "a" and values.get("rel") == "next"]
    second = root.get(str(link).removeprefix("/console"))

    assert (len(numbers(first)), numbers(first) | numbers(second)) == (50, placed)


def test_bulk_action_is_a_job_with_progress(stack: Stack, root: Operator, keeper: Shopkeeper) -> None:
    tag = f"bulk-{keeper.caller.subject}"
    orders = [keeper.place(tags=[tag]) for _ in range(2)]
    keeper.changed(orders[1], "hold", {"reason": "Wait"})

    page = root.get(f"/orders?tag={tag}&select=page")
    assert [values for tag_, values in page.elements if tag_ == "input" and "checked" in values]
    started = root.send(page.form("bulk"), target="confirmed", order=[str(order["number"]) for order in orders])
    assert "0 of 2 processed" in " ".join(started.text.split())
    stack.container.run_job(RunJob(job_id=UUID(started.answer.request.path.rpartition("/")[2])))
    ended = root.get(started.answer.request.path.removeprefix("/console"))

    assert "2 of 2 processed, 1 not changed" in " ".join(ended.text.split())
    assert "The order is held" in ended.text
    assert keeper.order(orders[0])["status"] == "confirmed"
    assert root.send(page.form("bulk"), target="confirmed").alerts == ["At least one order must be selected."]


def test_bulk_actions_are_for_administrators(embedded_stack: Stack) -> None:
    shopkeeper(embedded_stack).place()
    browser = operator(embedded_stack, scopes=("orders:write",))
    page = browser.get("/orders")
    proof = page.form("sign-out").fields["form_token"]

    assert not [values for _, values in page.elements if values.get("name") == "target"]
    answer = browser.http.post("/console/orders/bulk", data={"form_token": proof, "target": "shipped", "order": "1"})
    assert answer.status_code == 403


def test_export_is_a_job_with_a_file(stack: Stack, root: Operator, keeper: Shopkeeper) -> None:
    order = keeper.place()
    form = root.get("/exports/new?status=pending").form("exports")
    assert form.fields["status"] == "pending"

    started, again = (root.send(form, status="pending") for _ in range(2))
    assert started.answer.request.path == again.answer.request.path
    stack.container.run_job(RunJob(job_id=UUID(started.answer.request.path.rpartition("/")[2])))
    ended = root.get(started.answer.request.path.removeprefix("/console"))
    (link,) = [link for link in ended.links if link.endswith("/file")]

    file = root.http.get(link)
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert order["id"] in file.text


def test_hostile_texts_are_shown_as_texts(stack: Stack, root: Operator, keeper: Shopkeeper) -> None:
    line = {"title": HOSTILE, "quantity": 1, "unit_price_minor": 100}
    customer = {"name": HOSTILE, "email": "eve@example.com"}
    members: dict[str, Any] = {"customer": customer, "tags": [HOSTILE], "metadata": {HOSTILE[:30]: HOSTILE}}
    order = keeper.place(line, reference=HOSTILE, source=f"evil-{keeper.caller.subject}"[:64], **members)
    order = keeper.changed(order, "notes", {"text": HOSTILE, "visibility": "internal"})
    order = keeper.changed(order, "hold", {"reason": HOSTILE})

    pages = [root.get(f"/orders/{order['id']}"), root.get(f"/orders?q={quote(HOSTILE)}")]
    pages.append(root.act(order, "note", text=HOSTILE))
    pages.append(root.get(f"/orders?source=evil-{keeper.caller.subject}"))
    pages.append(root.act(order, "release"))
    pages.append(root.act(order, "ship", carrier=HOSTILE))

    for page in pages:
        assert HOSTILE in page.text or HOSTILE in str(page.elements)
        assert "<script>alert" not in page.answer.text
        assert not [1 for tag, values in page.elements if tag == "img" or "onerror" in values]


def test_cashier_sees_no_internal_note(embedded_stack: Stack) -> None:
    keeper = shopkeeper(embedded_stack)
    order = keeper.place()
    keeper.changed(order, "notes", {"text": "secret remark", "visibility": "internal"})

    seen = {
        scope: "secret remark" in operator(embedded_stack, scopes=(scope,)).get(f"/orders/{order['id']}").text
        for scope in ("orders:write", "orders:read", "payments:write")
    }

    assert seen == {"orders:write": True, "orders:read": True, "payments:write": False}


def test_unknown_order_is_a_page(root: Operator, stack: Stack) -> None:
    assert root.get("/orders/999999999").status == 404
    assert operator(stack, role=Role.CUSTOMER).get("/orders/1").status == 403
