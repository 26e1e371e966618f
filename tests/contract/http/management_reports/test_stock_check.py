"""GET /health/stock-check"""

import pytest

from tests.contract.http.management_reports.reports_client import ORDERS, Desk, of, refused
from tests.support.client import as_json, ask

PATH = f"{ORDERS}/health/stock-check"


@pytest.mark.clause("002-17")
def test_stock_above_threshold_is_healthy(desk: Desk) -> None:
    desk.product(stock=6, threshold=5)

    assert of(desk.admin.ask("GET", PATH)) == {
        "status": "healthy",
        "total_products": 1,
        "out_of_stock": 0,
        "low_stock": [],
        "checked_at": "2026-03-14T12:00:00.123456Z",
    }


@pytest.mark.clause("002-17")
def test_low_stock_is_warning_and_empty_critical(desk: Desk) -> None:
    tea = desk.product("Tea", stock=6, threshold=5)
    cup = desk.product("Cup", stock=4, threshold=3)

    desk.order({tea: 1})
    warned = of(desk.admin.ask("GET", PATH))
    desk.order({cup: 4})
    critical = of(desk.admin.ask("GET", PATH))

    assert (warned["status"], warned["out_of_stock"]) == ("warning", 0)
    assert warned["low_stock"] == [{"product_id": tea, "name": "Tea", "stock_quantity": 5}]
    assert (critical["status"], critical["out_of_stock"], critical["total_products"]) == ("critical", 1, 2)
    assert [low["product_id"] for low in critical["low_stock"]] == [cup, tea]  # ordered by stock, ascending


@pytest.mark.clause("002-17")
def test_restored_stock_is_healthy(desk: Desk) -> None:
    order = desk.order({desk.product(stock=1): 1})
    assert of(desk.admin.ask("GET", PATH))["status"] == "critical"

    desk.become(order, "cancelled")

    assert of(desk.admin.ask("GET", PATH))["status"] == "healthy"


def test_raised_threshold_is_a_warning(desk: Desk) -> None:
    tea = desk.product(stock=6, threshold=5)

    of(desk.admin.ask("PATCH", f"/api/v1/products/{tea}", **as_json({"low_stock_threshold": 6})))

    assert of(desk.admin.ask("GET", PATH))["status"] == "warning"


def test_empty_catalog_is_healthy(desk: Desk) -> None:
    assert of(desk.admin.ask("GET", PATH))["status"] == "healthy"


def test_stock_check_uses_two_statements(desk: Desk) -> None:
    for number in range(12):
        desk.product(f"Tea {number}", stock=number, threshold=20)

    with desk.stack.statements() as sent:
        assert len(of(desk.admin.ask("GET", PATH))["low_stock"]) == 12

    assert len(sent) == 2, sent


@pytest.mark.parametrize("path", [PATH, f"{ORDERS}/analytics"])
def test_admin_report_is_403_for_customers(desk: Desk, path: str) -> None:
    with desk.stack.statements() as sent:
        refused(desk.ann.ask("GET", path), 403)
        refused(ask(desk.stack.app, "GET", path), 401)

    assert sent == []
