"""GET /health/stock-check"""

import pytest

from tests.contract.http.management_reports.reports_client import ORDERS, ReportsShop, of, refused
from tests.support.client import as_json, ask

PATH = f"{ORDERS}/health/stock-check"


@pytest.mark.clause("002-17")
def test_stock_above_threshold_is_healthy(shop: ReportsShop) -> None:
    shop.product(stock=6, threshold=5)

    assert of(shop.admin.ask("GET", PATH)) == {
        "status": "healthy",
        "total_products": 1,
        "out_of_stock": 0,
        "low_stock": [],
        "checked_at": "2026-03-14T12:00:00.123456Z",
    }


@pytest.mark.clause("002-17")
def test_low_stock_is_warning_and_empty_critical(shop: ReportsShop) -> None:
    tea = shop.product("Tea", stock=6, threshold=5)
    cup = shop.product("Cup", stock=4, threshold=3)

    shop.order({tea: 1})
    warned = of(shop.admin.ask("GET", PATH))
    shop.order({cup: 4})
    critical = of(shop.admin.ask("GET", PATH))

    assert (warned["status"], warned["out_of_stock"]) == ("warning", 0)
    assert warned["low_stock"] == [{"product_id": tea, "name": "Tea", "stock_quantity": 5}]
    assert (critical["status"], critical["out_of_stock"], critical["total_products"]) == ("critical", 1, 2)
    assert [low["product_id"] for low in critical["low_stock"]] == [cup, tea]  # ordered by stock, ascending


@pytest.mark.clause("002-17")
def test_restored_stock_is_healthy(shop: ReportsShop) -> None:
    order = shop.order({shop.product(stock=1): 1})
    assert of(shop.admin.ask("GET", PATH))["status"] == "critical"

    shop.become(order, "cancelled")

    assert of(shop.admin.ask("GET", PATH))["status"] == "healthy"


def test_raised_threshold_is_a_warning(shop: ReportsShop) -> None:
    tea = shop.product(stock=6, threshold=5)

    of(shop.admin.ask("PATCH", f"/api/v1/products/{tea}", **as_json({"low_stock_threshold": 6})))

    assert of(shop.admin.ask("GET", PATH))["status"] == "warning"


def test_empty_catalog_is_healthy(shop: ReportsShop) -> None:
    assert of(shop.admin.ask("GET", PATH))["status"] == "healthy"


def test_stock_check_uses_two_statements(shop: ReportsShop) -> None:
    for number in range(12):
        shop.product(f"Tea {number}", stock=number, threshold=20)

    with shop.stack.statements() as sent:
        assert len(of(shop.admin.ask("GET", PATH))["low_stock"]) == 12

    assert len(sent) == 2, sent


@pytest.mark.parametrize("path", [PATH, f"{ORDERS}/analytics"])
def test_admin_report_is_403_for_customers(shop: ReportsShop, path: str) -> None:
    with shop.stack.statements() as sent:
        refused(shop.ann.ask("GET", path), 403)
        refused(ask(shop.stack.app, "GET", path), 401)

    assert sent == []
