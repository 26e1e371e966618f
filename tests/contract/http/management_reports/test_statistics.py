"""GET /{ref}/statistics"""

import pytest

from tests.contract.http.management_reports.reports_client import ORDERS, ReportsShop, of, refused
from tests.support.client import ask


@pytest.mark.clause("002-14")
def test_statistics_describe_one_order(shop: ReportsShop) -> None:
    tea, cup = shop.product("Tea", price=2.5), shop.product("Cup", price=10)
    order = shop.order({tea: 4, cup: 3})
    shop.clock.advance(90.9)
    shop.become(order, "confirmed", "shipped")
    shop.clock.advance(30)

    figures = of(shop.ann.ask("GET", f"{ORDERS}/{order['order_id']}/statistics"))

    assert figures == {
        "order_id": order["order_id"],
        "item_count": 2,
        "total_quantity": 7,
        "total_amount": 40.0,
        "average_unit_price": 5.71,
        "status": "shipped",
        "age_seconds": 120,
        "seconds_in_status": 30,
        "status_changes": 2,
        "order_count": 1,
        "total_sales": 40.0,
        "average_order_value": 40.0,
    }


@pytest.mark.clause("002-14")
def test_user_totals_exclude_deleted_orders_and_cancelled_sales(shop: ReportsShop) -> None:
    tea = shop.product(price=2.5)
    first, _, canceled, deleted = (shop.order({tea: quantity}) for quantity in (1, 4, 8, 16))
    shop.order({tea: 32}, by=shop.bob)
    shop.become(canceled, "cancelled")
    shop.delete(deleted)

    figures = of(shop.admin.ask("GET", f"{ORDERS}/{first['order_id']}/statistics"))

    assert (figures["order_count"], figures["total_sales"], figures["average_order_value"]) == (3, 12.5, 6.25)


@pytest.mark.clause("002-14")
def test_new_order_is_pending_since_creation(shop: ReportsShop) -> None:
    order = shop.order({shop.product(): 1})
    shop.clock.advance(45)

    figures = of(shop.admin.ask("GET", f"{ORDERS}/{shop.uuid(order)}/statistics"))

    assert (figures["status"], figures["status_changes"]) == ("pending", 0)
    assert figures["age_seconds"] == figures["seconds_in_status"] == 45


@pytest.mark.parametrize(
    ("items", "quantity", "average"),
    [
        ([{"quantity": 2, "unit_price": 25.0}, {"qty": 3, "price": 8.5}], 5, 15.1),
        ([{"note": "two lamps, three cables"}], None, None),
        ([{"quantity": 1.5}, {"quantity": 2}], None, None),
    ],
)
def test_custom_items_are_counted_if_numeric(
    shop: ReportsShop, items: list[object], quantity: int | None, average: float | None
) -> None:
    of(shop.ann.post({"items": items, "total_price": 75.5}, path="/orders/"), 201)

    figures = of(shop.ann.ask("GET", f"{ORDERS}/1/statistics"))

    assert (figures["item_count"], figures["total_quantity"]) == (len(items), quantity)
    assert (figures["total_amount"], figures["average_unit_price"]) == (75.5, average)


@pytest.mark.parametrize("what", ["statistics", "history"])
def test_report_of_another_customer_is_403(shop: ReportsShop, what: str) -> None:
    order = shop.order({shop.product(): 1})
    path = f"{ORDERS}/{order['order_id']}/{what}"

    for caller in (shop.ann, shop.admin):
        of(caller.ask("GET", path))
    assert "ann" not in str(refused(shop.bob.ask("GET", path), 403))
    refused(ask(shop.stack.app, "GET", path), 401)


@pytest.mark.parametrize("what", ["statistics", "history"])
@pytest.mark.parametrize("ref", ["404", "018f0000-0000-7000-8000-000000000000", "none", "-1", "0", "9" * 30])
def test_report_of_unknown_order_is_404(shop: ReportsShop, what: str, ref: str) -> None:
    for caller in (shop.ann, shop.admin):
        refused(caller.ask("GET", f"{ORDERS}/{ref}/{what}"), 404)


def test_statistics_of_deleted_order_are_404(shop: ReportsShop) -> None:
    order = shop.order({shop.product(): 1})
    shop.delete(order)

    refused(shop.ann.ask("GET", f"{ORDERS}/{order['order_id']}/statistics"), 404)


@pytest.mark.parametrize(("what", "most"), [("statistics", 3), ("history", 2)])
def test_report_uses_few_statements(shop: ReportsShop, what: str, most: int) -> None:
    order = shop.order({shop.product(f"Tea {number}"): 1 for number in range(20)})
    shop.become(order, "confirmed", "shipped", "delivered")

    with shop.stack.statements() as sent:
        of(shop.ann.ask("GET", f"{ORDERS}/{order['order_id']}/{what}"))

    assert len(sent) <= most, sent
