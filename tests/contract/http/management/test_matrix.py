"""Status, command and role matrix: the response and the resulting status of an order.

The tables are written from the published contracts, not from the code.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest

from orders_domain import Actor, OrderStatus, Role, TargetStatus
from orders_domain.use_cases import BulkChangeStatus
from tests.contract.http.management.client import Shopper, detail, shopper, twin
from tests.support.client import Answer, as_json
from tests.support.service_stack import Stack

SAME = "same"
"""The answer is 200, and nothing has changed: the order shows that status already."""


def table(drawn: str) -> dict[str, dict[str, str | None]]:
    """Parse a table: rows are the current status, columns the requested status, ``-`` is rejected."""
    head, *rows = (line.split() for line in drawn.strip().splitlines())
    return {
        status: {word: None if cell == "-" else cell for word, cell in zip(head, cells, strict=True)}
        for status, *cells in rows
    }


# The vocabulary of `management`, for an administrator; a rejected transition is 400.
PUT = table("""
              pending   confirmed  shipped   delivered  cancelled
    PENDING   same      CONFIRMED  SHIPPED   -          CANCELED
    CONFIRMED -         same       SHIPPED   -          CANCELED
    PAID      -         same       SHIPPED   -          CANCELED
    SHIPPED   -         -          same      DELIVERED  -
    DELIVERED -         -          -         same       -
    CANCELED  -         -          -         -          same
""")
# The vocabulary of `orders`, for the owner, who cannot change orders of `management`; a rejected transition is 409.
PATCH = table("""
              PENDING   PAID       SHIPPED   CANCELED
    PENDING   same      -          -         -
    CONFIRMED same      -          -         -
    PAID      -         same       -         -
    SHIPPED   -         -          same      -
    DELIVERED -         -          same      -
    CANCELED  -         -          -         same
""")
DELETE: dict[str, str | None] = dict.fromkeys(PUT) | {"PENDING": "DELETED"}  # for the owner; None is 400
SHOWN = {
    "PENDING": "pending", "CONFIRMED": "confirmed", "PAID": "confirmed",
    "SHIPPED": "shipped", "DELIVERED": "delivered", "CANCELED": "cancelled",
}  # fmt: skip
COMMANDS = [*(f"PUT {word}" for word in PUT["PENDING"]), *(f"PATCH {word}" for word in PATCH["PENDING"]), "DELETE"]
ROLES = {  # owns the order, is an administrator
    "owner": (True, False),
    "owner with orders:write": (True, False),
    "stranger": (False, False),
    "stranger with orders:write": (False, False),
    "administrator": (False, True),
    "administrator who owns": (True, True),
}


def expected(status: str, command: str, role: str) -> tuple[int, str]:
    """The status code of the response, and the status of the order afterwards."""
    owns, administers = ROLES[role]
    verb, _, word = command.partition(" ")
    if verb == "PUT":
        allowed, to, otherwise = administers, PUT[status].get(word), 400
    elif verb == "PATCH":
        allowed, to, otherwise = owns, PATCH[status].get(word), 409
    else:
        allowed, to, otherwise = owns, DELETE[status], 400
    if not allowed:
        return (404 if verb == "PATCH" else 403), status
    if to is None:
        return otherwise, status
    return 200, status if to == SAME else to


@dataclass
class Scene:
    """One owner, one product, and an order for each status that no command has changed yet."""

    stack: Stack
    root: Shopper
    owner: Shopper

    def __post_init__(self) -> None:
        self.tea = self.root.product(stock=1_000)
        self.present: dict[str, tuple[dict[str, object], str]] = {}

    def order(self, status: str) -> tuple[dict[str, object], str]:
        """An order in the status, and its id."""
        if status not in self.present:
            order = self.owner.ordered((self.tea, 1))
            [(order_id,)] = self.stack.rows(f"SELECT id FROM orders WHERE number = {order['order_id']}")
            self.present[status] = order, str(UUID(str(order_id)))
            if status == "PAID":
                self.pay(order)
            elif status != "PENDING":
                for word in ("shipped", "delivered") if status == "DELIVERED" else (SHOWN[status],):
                    assert self.root.put(order, word).status_code == 200
            assert self.status_of(order) == status
        return self.present[status]

    def pay(self, order: dict[str, object]) -> None:
        """Set the status PAID as `orders bulk-status` does, because this contract has no name for it."""
        paid = TargetStatus(OrderStatus.PAID, frozenset({OrderStatus.PAID}))
        number = int(str(order["order_id"]))
        request = BulkChangeStatus(actor=Actor(subject="cli", role=Role.ADMIN), order_ids=(number,), target=paid)
        assert self.stack.container.bulk_change_status(request).updated == (number,)

    def ask(self, status: str, command: str, *, by: Shopper) -> Answer:
        verb, _, word = command.partition(" ")
        if verb == "PATCH":
            return self.patch(status, word, by=by)
        order, _ = self.order(status)
        return by.put(order, word) if verb == "PUT" else by.delete(order)

    def patch(self, status: str, word: str, *, by: Shopper) -> Answer:
        return by.ask("PATCH", f"/orders/{self.order(status)[1]}", **as_json({"status": word}))

    def status_of(self, order: dict[str, object]) -> str:
        where = f"WHERE number = {order['order_id']}"
        [(status, deleted)] = self.stack.rows(f"SELECT status, deleted_at IS NOT NULL FROM orders {where}")
        return "DELETED" if deleted else str(status)


def people(stack: Stack, owner: Shopper) -> dict[str, Shopper]:
    write = ("orders:write",)
    return {
        "owner": owner,
        "owner with orders:write": twin(stack, owner, scopes=write),
        "stranger": shopper(stack),
        "stranger with orders:write": shopper(stack, scopes=write),
        "administrator": shopper(stack, role=Role.ADMIN),
        "administrator who owns": twin(stack, owner, role=Role.ADMIN),
    }


def test_transition_tables_cover_all_statuses() -> None:
    assert len(PUT) == len(PATCH) == len(DELETE) == 6
    assert {len(row) for row in PUT.values()} == {5}
    assert {len(row) for row in PATCH.values()} == {4}


@pytest.mark.clause("002-05", "002-06", "002-07", "002-13", "002-16", "002-20")
@pytest.mark.parametrize("role", list(ROLES))
def test_every_command_matches_the_tables(stack: Stack, root: Shopper, ann: Shopper, role: str) -> None:
    scene = Scene(stack, root, ann)
    who = people(stack, ann)[role]

    seen, should = {}, {}
    for status in PUT:
        for command in COMMANDS:
            order, _ = scene.order(status)
            response = scene.ask(status, command, by=who)
            after = scene.status_of(order)
            seen[status, command] = response.status_code, after
            should[status, command] = expected(status, command, role)
            if response.status_code == 200 and command.startswith("PUT"):
                assert response.json["status"] == SHOWN[after]
            if response.status_code != 200 and not command.startswith("PATCH"):
                assert_error_explains(response, command)
            if after != status:
                del scene.present[status]

    assert {cell: both for cell, both in seen.items() if both != should[cell]} == {}
    standing = "SELECT count(*) FROM orders WHERE user_id = '{}' AND status <> 'CANCELED' AND deleted_at IS NULL"
    [(orders,)] = stack.rows(standing.format(ann.subject))
    assert root.stock_of(scene.tea) == 1_000 - orders


def assert_error_explains(response: Answer, command: str) -> None:
    problem = detail(response, response.status_code)
    assert isinstance(problem, str)
    if command == "DELETE" and response.status_code == 400:
        assert problem == "Only pending orders can be deleted"


@pytest.mark.clause("002-06", "002-16", "002-20")
def test_illegal_transition_names_both_statuses(root: Shopper, ann: Shopper) -> None:
    order = ann.ordered((root.product(), 1))
    root.put(order, "shipped")

    problem = detail(root.put(order, "cancelled"), 400)

    assert "shipped" in problem
    assert "cancelled" in problem
    assert not any(word in problem for word in ("SHIPPED", "CANCELED", "PAID"))


@pytest.mark.clause("002-06", "002-16", "002-18")
@pytest.mark.parametrize(
    "word",
    ["PAID", "PENDING", "canceled", "CANCELLED", "paid", "Shipped", "shipped ", "", None, 1, True, [], {}, "\ud800"],
)
def test_unknown_status_is_400(stack: Stack, root: Shopper, ann: Shopper, word: object) -> None:
    order = ann.ordered((root.product(), 1))
    before = stack.everything()

    problem = detail(root.put(order, word), 400)

    assert problem["errors"].keys() == {"status"}
    assert stack.everything() == before


@pytest.mark.clause("002-20")
@pytest.mark.parametrize(
    "ref", ["999999999", "0", "-1", "x", "1.5", "9" * 19, "9" * 30, "01a1fbf2-0000-7000-8000-000000000000", "%00"]
)
def test_unknown_order_is_404(root: Shopper, ref: str) -> None:
    order = {"order_id": ref}

    for response in (root.see(order), root.delete(order), root.put(order, "shipped")):
        detail(response, 404)


@pytest.mark.clause("002-13")
def test_deleted_order_remains_in_history_only(stack: Stack, root: Shopper, ann: Shopper) -> None:
    tea = root.product(stock=5)
    order = ann.ordered((tea, 5))
    assert ann.see(order).status_code == 200  # the order may be cached now

    response = ann.delete(order)

    assert (response.status_code, response.json) == (200, {"message": "Order deleted"})
    for gone in (ann.see(order), root.see(order), ann.delete(order), root.put(order, "confirmed")):
        detail(gone, 404)
    assert ann.mine().json == root.search(f"user_id={ann.subject}").json == []
    assert root.stock_of(tea) == 5
    where = f"order_id = (SELECT id FROM orders WHERE number = {order['order_id']})"
    assert sorted(stack.rows(f"SELECT version, kind FROM order_history WHERE {where}")) == [
        (1, "placed"),
        (2, "deleted"),
    ]


@pytest.mark.clause("002-05", "002-20")
def test_order_of_another_customer_is_403(root: Shopper, ann: Shopper, bob: Shopper) -> None:
    order = ann.ordered((root.product(), 1))

    for response in (bob.see(order), bob.delete(order), bob.put(order, "cancelled")):
        assert ann.subject not in detail(response, 403)
    assert bob.mine().json == []
    assert ann.see(order).json == order


@pytest.mark.clause("002-05", "002-07", "002-15", "002-20")
def test_admin_routes_reject_customers(stack: Stack, root: Shopper, ann: Shopper) -> None:
    tea = root.product()
    ann.ordered((tea, 1))
    writer = shopper(stack, scopes=("orders:write", "admin"))
    before = stack.everything()

    for who in (ann, writer):
        detail(who.search(), 403)
        detail(who.search(f"user_id={who.subject}"), 403)
        detail(who.post({"name": "x", "price": 1, "stock_quantity": 1}, path="/api/v1/products/"), 403)
        detail(who.ask("PATCH", f"/api/v1/products/{tea['product_id']}", **as_json({"stock_quantity": 0})), 403)
        detail(who.put({"order_id": 999_999_999}, "shipped"), 403)
    assert stack.everything() == before


class TestVersions:
    def test_order_etag_is_its_version(self, root: Shopper, ann: Shopper) -> None:
        placed = ann.wants((root.product(), 1))
        order = placed.json

        changed = root.put(order, "confirmed")

        assert (placed.headers["ETag"], changed.headers["ETag"]) == ('"1"', '"2"')
        assert ann.see(order).headers["ETag"] == '"2"'
        assert ann.see(order, **{"If-None-Match": '"2"'}).status_code == 304
        assert ann.see(order, **{"If-None-Match": '"1"'}).status_code == 200

    @pytest.mark.parametrize("tag", ['"2"', '"x"', '""', '"1x"', 'W/"1"'])
    def test_stale_version_is_412(self, stack: Stack, root: Shopper, ann: Shopper, tag: str) -> None:
        order = ann.ordered((root.product(), 1))
        before = stack.everything()

        detail(root.put(order, "shipped", **{"If-Match": tag}), 412)
        detail(ann.delete(order, **{"If-Match": tag}), 412)

        assert stack.everything() == before

    @pytest.mark.parametrize("tag", ['"1"', "*", '"7", "1"'])
    def test_current_version_is_accepted(self, root: Shopper, ann: Shopper, tag: str) -> None:
        tea = root.product()

        assert root.put(ann.ordered((tea, 1)), "shipped", **{"If-Match": tag}).status_code == 200
        assert ann.delete(ann.ordered((tea, 1)), **{"If-Match": tag}).status_code == 200
