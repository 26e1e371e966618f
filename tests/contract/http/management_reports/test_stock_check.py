"""GET /health/stock-check"""

from typing import Any

import pytest

from tests.contract.http.management_reports.reports_client import ORDERS, ReportsShop, of, refused
from tests.support.client import as_json, ask

PATH = f"{ORDERS}/health/stock-check"


@pytest.mark.clause("002-17")
def test_stock_above_threshold_is_healthy(shop: ReportsShop) -> None:
    number = shop.product("Tea", stock=6, threshold=5)
    price = of(shop.admin.ask("GET", f"/api/v1/products/{number}"))["price"]
    tea = {"product_id": number, "name": "Tea", "stock_quantity": 6, "price": price, "stock_value": 6 * price}

    assert of(shop.admin.ask("GET", PATH)) == {
        "status": "healthy",
        "total_products": 1,
        "out_of_stock": 0,
        "low_stock": [],
        "checked_at": "2026-03-14T12:00:00.123456Z",
        "timestamp": "2026-03-14T12:00:00.123456Z",
        "message": "Stock management system is operational",
        "stock_summary": {
            "summary": {
                "total_products": 1,
                "products_with_stock": 1,
                "products_low_stock": 1,
                "products_out_of_stock": 0,
                "stock_health_percentage": 100.0,
            },
            "stock_categories": {"available_stock": [tea], "low_stock": [tea], "out_of_stock": []},
            "stock_distribution": {"high_stock": [], "medium_stock": [], "critical_stock": []},
            "alerts": {"low_stock_alerts": 1, "out_of_stock_alerts": 0, "critical_stock_alerts": 0},
            "timestamp": "2026-03-14T12:00:00.123456Z",
        },
        "filters_applied": {"category": None, "min_stock": None, "max_stock": None},
    }


STOCK = {"Empty": 0, "One": 1, "Five": 5, "Six": 6, "Ten": 10, "Eleven": 11, "Fifty": 50, "Many": 51}
CATEGORIES = ("available_stock", "low_stock", "out_of_stock")
DISTRIBUTION = ("high_stock", "medium_stock", "critical_stock")
ALL = list(STOCK)


@pytest.mark.clause("002-17")
def test_filters_narrow_the_stock_check(shop: ReportsShop) -> None:
    """The categories and the shapes of the second document of source 002."""
    for name, stock in STOCK.items():
        shop.product(name, stock=stock, threshold=5)
    critical, medium = ["One", "Five"], ["Eleven", "Fifty"]
    cases: dict[str, tuple[list[list[str]], list[list[str]]]] = {
        "": ([ALL[1:], ALL[1:5], ["Empty"]], [["Many"], medium, critical]),
        "category=available": ([ALL[1:], [], []], [["Many"], medium, critical]),
        "category=low": ([[], ALL[1:5], []], [[], [], critical]),
        "category=out_of_stock": ([[], [], ["Empty"]], [[], [], []]),
        "category=critical": ([[], [], []], [[], [], critical]),
        "category=medium": ([[], [], []], [[], medium, []]),
        "category=high": ([[], [], []], [["Many"], [], []]),
        "min_stock=10&max_stock=50": ([["Ten", *medium], ["Ten"], []], [[], medium, []]),
        "max_stock=1": ([["One"], ["One"], ["Empty"]], [[], [], ["One"]]),
        "category=critical&min_stock=2": ([[], [], []], [[], [], ["Five"]]),
        "category=high&max_stock=50": ([[], [], []], [[], [], []]),
    }

    for query, (categories, distribution) in cases.items():
        check = of(shop.admin.ask("GET", f"{PATH}?{query}"))
        summary = check["stock_summary"]
        assert [named(summary["stock_categories"][name]) for name in CATEGORIES] == categories, query
        assert [named(summary["stock_distribution"][name]) for name in DISTRIBUTION] == distribution, query
        numbers, alerts = summary["summary"], summary["alerts"]
        assert numbers["total_products"] == len(STOCK)
        assert numbers["stock_health_percentage"] == round(100 * numbers["products_with_stock"] / len(STOCK), 2)
        assert [numbers["products_low_stock"], numbers["products_out_of_stock"]] == list(map(len, categories[1:]))
        assert list(alerts.values()) == [*map(len, categories[1:]), len(distribution[2])]
        given = {name: value for name, value in check["filters_applied"].items() if value is not None}
        assert "&".join(f"{name}={value}" for name, value in given.items()) == query
        assert list(check["filters_applied"]) == ["category", "min_stock", "max_stock"]
    for wrong in ("category=tea", "min_stock=-1", "max_stock=x", "categories=low"):
        refused(shop.admin.ask("GET", f"{PATH}?{wrong}"), 400)


def named(products: list[dict[str, Any]]) -> list[str]:
    return [product["name"] for product in products]


@pytest.mark.clause("002-17")
def test_value_of_a_stock_may_exceed_any_amount(shop: ReportsShop) -> None:
    """An amount is at most 10^12 minor units; the value of a stock is a sum."""
    shop.product("Diamond", price=10_000_000_000, stock=1_000_000_000)

    (diamond,) = of(shop.admin.ask("GET", PATH))["stock_summary"]["stock_distribution"]["high_stock"]

    assert diamond["stock_value"] == 1e19


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


def test_stock_check_uses_four_statements(shop: ReportsShop) -> None:
    for number in range(12):
        shop.product(f"Tea {number}", stock=number, threshold=20)

    with shop.stack.statements() as sent:
        assert len(of(shop.admin.ask("GET", PATH))["low_stock"]) == 12

    assert len(sent) == 4, sent  # the low products, and the ranges: numbers and products of each


@pytest.mark.parametrize("path", [PATH, f"{ORDERS}/analytics"])
def test_admin_report_is_403_for_customers(shop: ReportsShop, path: str) -> None:
    with shop.stack.statements() as sent:
        refused(shop.ann.ask("GET", path), 403)
        refused(ask(shop.stack.app, "GET", path), 401)

    assert sent == []
