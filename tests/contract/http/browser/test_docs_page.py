"""The documentation page of the demonstration, in Chromium."""

import json
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.depth import deep
from tests.support.server import Served
from tests.support.servers.browser import Browser

DRIVER = (Path(__file__).parent / "docs_page.js").read_text(encoding="utf-8")
JOB = "management_get_job"
PLACEMENTS = tuple(f"{contract}_get_placement" for contract in ("orders", "management", "ostore", "checkout"))
SHORT = ("checkout_place_cart_order",)
"""The operation of a short run: it needs the most, a signed cart."""
ROUNDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "ann",
        (
            "auth_sign_in", "auth_refresh_token", "orders_place_order", "orders_list_orders",
            "management_place_catalog_order", "management_list_own_orders", "management_add_template",
            "management_list_templates", "ostore_place_shipped_order", "checkout_place_cart_order",
        ),
    ),
    # The page is loaded anew, and its examples name what was placed.
    (
        "ann",
        (
            "orders_get_order", "ostore_get_order", "management_get_order", "management_delete_order",
            "management_place_order_from_template", "management_delete_template", "orders_change_status", *PLACEMENTS,
        ),
    ),
    (
        "admin",
        (
            "checkout_get_order", "checkout_cancel_order", "management_get_order",
            "management_change_status", "management_bulk_change_status",
            "management_get_order_statistics", "management_get_order_history", "management_list_orders",
            "management_get_order_analytics", "management_get_stock_health", "products_list_products",
            "products_add_product", "products_get_product", "products_update_product",
            "products_update_product_by_put", "products_restock_product", "products_list_stock_movements",
            "products_get_product_history", JOB, "auth_sign_out",
        ),
    ),
)  # fmt: skip
"""The accounts that the page is read as, and the operations that each executes in this order."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def document(demonstration: Served) -> dict[str, Any]:
    with urllib.request.urlopen(f"{demonstration.url}/openapi-demonstration.json") as response:
        return dict(json.load(response))


def operations(document: dict[str, Any], *, of_v1: bool) -> list[str]:
    """The operations of `/v1`, deletions last, or all others."""
    listed = [
        (method == "delete", operation["operationId"])
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters" and path.startswith("/v1/") == of_v1
    ]
    return [name for _, name in sorted(listed, key=lambda one: one[0])]


def test_rounds_have_every_operation(document: dict[str, Any]) -> None:
    assert {name for _, names in ROUNDS for name in names} == set(operations(document, of_v1=False))
    assert set(SHORT) <= {name for _, names in ROUNDS for name in names} | set(operations(document, of_v1=True))


def executed(browser: Browser, demonstration: Served, account: str, names: Iterable[str]) -> list[dict[str, Any]]:
    """The responses of the operations, by the prefilled fields of a page that is loaded as the account."""
    wanted = [name for name in names if deep() or name in SHORT]
    if not wanted:
        return []
    browser.open(f"{demonstration.url}/docs/?as={account}")
    browser.run(f"{DRIVER}; signedIn({json.dumps(account)})")
    responses = []
    for name in wanted:
        typed = {"job_id": JOBS[name](demonstration)} if name in JOBS else {}
        responses.append(browser.run(f"execute({json.dumps(name)}, {json.dumps(typed)})"))
    assert {one["operationId"]: one["status"] for one in responses if not 200 <= one["status"] < 300} == {}, responses
    return responses


@pytest.mark.deep
@pytest.mark.timeout(1_200)  # of all operations, in Chromium on two cores
def test_operations_of_v1_succeed_in_the_page(
    browser: Browser, demonstration: Served, document: dict[str, Any]
) -> None:
    names = operations(document, of_v1=True)

    responses = executed(browser, demonstration, "admin", names)

    assert len(responses) == len(names)


@pytest.mark.timeout(1_200)
def test_prefilled_operations_succeed_in_the_page(browser: Browser, demonstration: Served) -> None:
    responses = [one for account, names in ROUNDS for one in executed(browser, demonstration, account, names)]

    (cart,) = [one for one in responses if one["operationId"] == "checkout_place_cart_order"]
    assert (cart["status"], "orderId" in cart["body"]) == (201, True)


def test_button_takes_the_token_of_its_account(browser: Browser, demonstration: Served) -> None:
    browser.open(f"{demonstration.url}/docs/")
    browser.run(f"{DRIVER}; found(() => document.querySelector('.opblock'), 'operations').then(() => true)")

    locks = [browser.run("document.querySelectorAll('.btn.authorize.locked').length")]
    browser.run("[...document.querySelectorAll('#demonstration button')].at(-1).click()")
    browser.run("signedIn('admin')")
    locks.append(browser.run("document.querySelectorAll('.btn.authorize.locked').length"))

    assert locks == [0, 1]
    assert browser.run("execute('management_list_orders', {}).then((one) => one.status)") == 200


@pytest.mark.parametrize("width", [400, 1400])
def test_landing_page_fits_the_width(browser: Browser, demonstration: Served, width: int) -> None:
    browser.resize(width, 900)

    browser.open(f"{demonstration.url}/")

    assert browser.run("document.documentElement.scrollWidth") <= width
    too_small = (
        "[...document.links].filter((link) => link.getBoundingClientRect().height < 20).map((link) => link.href)"
    )
    assert browser.run(too_small) == []


def job(demonstration: Served) -> str:
    """The id of a job that changes many orders."""
    body = {"order_ids": list(range(1, 102)), "status": "shipped"}
    return _accepted(demonstration, "admin", "/api/v1/orders/bulk/status", body, Prefer="respond-async")


def placement(demonstration: Served) -> str:
    """The id of a job that places an order of ann."""
    return _accepted(demonstration, "ann", "/orders/", {"items": [], "total_price": 1}, Prefer="respond-async")


def _accepted(demonstration: Served, account: str, path: str, body: object, **headers: str) -> str:
    with urllib.request.urlopen(f"{demonstration.url}/docs/demonstration.json") as response:
        headers |= {"Authorization": f"Bearer {json.load(response)[account]}", "Content-Type": "application/json"}
    request = urllib.request.Request(demonstration.url + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as response:
        return str(response.headers["Location"].rpartition("/")[2])


JOBS = {JOB: job} | dict.fromkeys(PLACEMENTS, placement)
