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
        "timestamp": "2026-03-14T12:00:00.123456Z",
        "message": "All products have sufficient stock",
        "stock_summary": {
            "summary": {"total_products": 1},
            "stock_categories": {"out_of_stock": 0, "low": 0, "sufficient": 1},
            "stock_distribution": {"out_of_stock": 0.0, "low": 0.0, "sufficient": 100.0},
            "alerts": [],
        },
        "filters_applied": {},
    }


@pytest.mark.clause("002-17")
def test_filters_narrow_the_stock_check(shop: ReportsShop) -> None:
    for name, stock in (("Empty", 0), ("Low", 3), ("At", 5), ("Plenty", 9)):
        shop.product(name, stock=stock, threshold=5)
    cases = {
        "": ("critical", [1, 2, 1], ["Empty", "Low", "At"]),
        "category=low": ("warning", [0, 2, 0], ["Low", "At"]),
        "category=out_of_stock": ("critical", [1, 0, 0], ["Empty"]),
        "category=sufficient": ("healthy", [0, 0, 1], []),
        "min_stock=3": ("warning", [0, 2, 1], ["Low", "At"]),
        "max_stock=3": ("critical", [1, 1, 0], ["Empty", "Low"]),
        "category=low&min_stock=4&max_stock=9": ("warning", [0, 1, 0], ["At"]),
    }

    for query, (status, counts, low) in cases.items():
        check = of(shop.admin.ask("GET", f"{PATH}?{query}"))
        assert (check["status"], list(check["stock_summary"]["stock_categories"].values())) == (status, counts), query
        assert [product["name"] for product in check["low_stock"]] == low
        assert check["total_products"] == sum(counts)
        assert len(check["stock_summary"]["alerts"]) == len(low)
        assert "&".join(f"{name}={value}" for name, value in check["filters_applied"].items()) == query
    for wrong in ("category=tea", "min_stock=-1", "max_stock=x", "categories=low"):
        refused(shop.admin.ask("GET", f"{PATH}?{wrong}"), 400)


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
