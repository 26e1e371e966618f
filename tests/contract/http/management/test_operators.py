"""Operators with the scope orders:read find the orders of all users and contracts, and change none."""

import pytest

from orders_domain import Role
from tests.contract.http.management.client import ORDERS, Shopper, shopper
from tests.support.service_stack import Stack


@pytest.mark.clause("002-15")
def test_reader_finds_orders_and_changes_none(stack: Stack, root: Shopper) -> None:
    ann = shopper(stack)
    order = ann.ordered((root.product(), 1))
    stack.caller(ann.subject).place()
    reader = shopper(stack, scopes=("orders:read",))

    found = reader.search(f"user_id={ann.subject}")

    assert found.json == root.search(f"user_id={ann.subject}").json
    assert [len(each["order_items"]) for each in found.json] == [1, 1]
    assert reader.put(order, "shipped").status_code == 403
    assert (
        reader.post({"order_ids": [order["order_id"]], "status": "shipped"}, path=f"{ORDERS}/bulk/status").status_code
        == 403
    )
    assert reader.delete(order).status_code == 403
    assert root.see(order).json["status"] == "pending"


@pytest.mark.parametrize("scopes", [(), ("orders:write",), ("orders:reader",)])
def test_other_scopes_do_not_open_the_list(stack: Stack, scopes: tuple[str, ...]) -> None:
    refused = shopper(stack, role=Role.CUSTOMER, scopes=scopes).search()

    assert refused.status_code == 403
    assert refused.json["detail"] == "This operation requires the administrator role or the scope orders:read."
