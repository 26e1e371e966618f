"""`orders refund`, `orders ship`, `orders hold`, `orders release` and `orders return`."""

from pathlib import Path
from typing import Any

import pytest

from orders_domain import Actor, CustomItem, Order, Role
from orders_domain.model.access import SHOP
from orders_domain.model.life.charges import Charge, ChargeKind
from orders_domain.model.life.payments import PaymentKind
from orders_domain.model.life.placing import Placing
from orders_domain.use_cases import GetOrder, PlaceShopOrder, RecordPayment
from orders_domain.use_cases.life.place_shop_order import PricedItem
from orders_flask import Settings
from orders_flask.bootstrap.container import Container, close
from tests.support.command import assert_error_line, orders

ADMIN = Actor(subject="root", role=Role.ADMIN)


@pytest.fixture
def here(migrated: Path) -> Path:
    """A directory whose database has two paid orders of three gifts, R-1 of the shop and R-1 of the market."""
    container = Container(settings=settings_of(migrated))
    for source in ("shop", "market"):
        content: Any = {"title": "Gift", "quantity": 3, "unit_price_minor": 1_000}
        request = PlaceShopOrder(
            actor=ADMIN,
            lines=(PricedItem(item=CustomItem(content), quantity=3, unit_price_minor=1_000),),
            currency="USD",
            placing=Placing(
                source=source, reference="R-1", charges=(Charge(kind=ChargeKind.SHIPPING, amount_minor=500),)
            ),
        )
        order = container.place_shop_order(request)
        fact: Any = {"provider": "bank", "kind": PaymentKind.CAPTURED, "amount_minor": 3_500}
        container.record_payment(RecordPayment(actor=ADMIN, order_id=order.id, reference=source, **fact))
    close(container)
    return migrated


REFUSALS: list[tuple[list[str], int, str]] = [
    (["ship", "R-1"], 1, "--source must be one of market, shop"),
    (["ship", "R-2"], 1, "no order with the number, id or reference 'R-2'"),
    (["ship", "99"], 1, "There is no such order."),
    (["ship", "1", "--line", "1:4"], 1, "Line 1 has 3 open units, not 4."),
    (["ship", "1", "--line", "1:"], 2, "must be LINE or LINE:QUANTITY"),
    (["ship", "1", "--version", "1"], 1, "version"),
    (["refund", "1", "--amount", "many", "--reason", "x"], 2, "must be a decimal number such as 12.50"),
    (["refund", "1", "--amount", "35.01", "--reason", "x"], 1, "exceeds the 3500 that are left"),
    (["refund", "1", "--amount", "0.001", "--reason", "x"], 1, "--amount"),
    (["refund", "1", "--reason", "x"], 1, "either amount_minor, or lines or charges"),
    (["return", "authorize", "1", "--line", "1", "--reason", "x"], 1, "Line 1 has 0 units to return, not 1."),
    (["return", "refuse", "00000000-0000-0000-0000-000000000001", "--reason", "x"], 1, "no such return"),
]


def settings_of(here: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{here}/orders.db")


def stored(here: Path) -> Order:
    container = Container(settings=settings_of(here))
    order: Order = container.get_order(GetOrder(actor=ADMIN, order_id=1, access=SHOP))
    close(container)
    return order


def test_order_is_shipped_returned_and_refunded(here: Path) -> None:
    tried = orders("ship", "1", "--line", "1:2", "--dry-run", here=here)
    before = stored(here)
    parcel = orders("ship", "R-1", "--source", "shop", "--line", "1", "--line", "1", "--carrier", "DHL", here=here)
    returned = orders("return", "authorize", str(before.id), "--line", "1:2", "--reason", "small", here=here)
    return_id = returned.stdout.strip()
    received = orders("return", "receive", return_id, "--write-off", "1", here=here)
    refused = orders("return", "refuse", return_id, "--reason", "late", here=here)
    refund = orders("refund", "1", "--line", "1", "--charge", "1", "--reason", "small", here=here)
    by_amount = orders("refund", "1", "--amount", "5.25", "--reason", "scratch", "--dry-run", here=here)

    every = (tried, parcel, returned, received, refused, refund, by_amount)
    assert [ended.returncode for ended in every] == [0] * 7, every
    assert (tried.stdout, before.version) == ("", 2)
    assert "Would change order 1 (R-1): PAID, payment paid, fulfilment part" in tried.stderr
    after = stored(here)
    assert [shipment.id for shipment in after.life.shipments] == parcel.stdout.split()
    assert "Parcel 1: 2 of line 1" in parcel.stderr
    assert (after.life.returns[0].received, after.life.returns[0].refusal) == (((1, 1, False),), "late")
    assert "Still to come: 1 of line 1" in received.stderr
    assert [refund.amount_minor for refund in after.life.refunds] == [1_500]
    assert "Refund: 5.25 USD\nLeft to refund: 14.75 USD" in by_amount.stderr


def test_order_is_held_and_released(here: Path) -> None:
    held = orders("hold", "1", "--reason", "address", "--version", "2", here=here)
    shipped = orders("ship", "1", here=here)
    released = orders("release", "1", here=here)
    again = orders("release", "1", here=here)

    assert "held: address" in held.stderr
    assert_error_line(shipped, "The order is held: address")
    assert (released.returncode, stored(here).life.hold) == (0, None)
    assert_error_line(again, "not held")


def test_refusals_state_their_reason(here: Path) -> None:
    for arguments, status, words in REFUSALS:
        ended = orders(*arguments, here=here)

        assert (ended.returncode, ended.stdout) == (status, ""), arguments
        assert words in ended.stderr, (arguments, ended.stderr)
    assert stored(here).version == 2
