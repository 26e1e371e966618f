"""Origin of an order: set by each use case, and restored from its history."""

from dataclasses import replace
from typing import Any

import pytest

from orders_adapters.memory.order_templates import InMemoryOrderTemplateRepository
from orders_adapters.testing.carts import cart
from orders_adapters.testing.examples import ADA, NOON, TOTAL, items, new_id, placed
from orders_domain import Address, Order, Origin, RequestedItem
from orders_domain.model.cart import Cart
from orders_domain.model.history import HistoryEntry
from orders_domain.model.life.placing import Placing
from orders_domain.model.life.state import Life
from orders_domain.model.order import rebuild
from orders_domain.model.order_template import NewOrderTemplate
from orders_domain.model.product import OrderLine
from orders_domain.use_cases import (
    CartPolicy,
    PlaceCartOrder,
    PlaceCatalogOrder,
    PlaceOrderFromTemplate,
    PlaceShippedOrder,
    place_cart_order,
    place_catalog_order,
    place_order,
    place_order_from_template,
    place_shipped_order,
)
from tests.support.shop import InMemoryShop, an_order
from tests.unit.domain.test_address import HOME
from tests.unit.domain.use_cases.test_place_catalog_order import stocked

SIGNED = cart()
GIFT = Placing(life=Life(tags=("gift",)))
LINE = OrderLine(product_id=7, quantity=1, unit_price=TOTAL)


@pytest.mark.parametrize("origin", Origin)
def test_history_restores_the_origin(origin: Origin) -> None:
    order = placed(origin=origin)

    assert order.new_entries[0].details["origin"] == origin.value
    assert rebuild(order.new_entries) == order


@pytest.mark.parametrize(
    ("content", "origin"),
    [
        ({"items": items()}, Origin.ORDERS),
        ({"lines": (LINE,)}, Origin.MANAGEMENT),
        ({"lines": (LINE,), "shipment_id": "SHIP-1"}, Origin.OSTORE),
        ({"cart": SIGNED}, Origin.CHECKOUT),
    ],
    ids=["items", "lines", "shipment", "cart"],
)
def test_old_history_infers_the_origin(content: dict[str, Any], origin: Origin) -> None:
    total = SIGNED.total if "cart" in content else TOTAL
    order = Order.place(order_id=new_id(), origin=origin, total=total, by=ADA, at=NOON, **content)

    assert rebuild([without_origin(entry) for entry in order.new_entries]) == order


def without_origin(entry: HistoryEntry) -> HistoryEntry:
    return replace(entry, details={name: value for name, value in entry.details.items() if name != "origin"})


def test_each_use_case_sets_origin_and_particulars() -> None:
    shop = InMemoryShop()
    tea = stocked(shop)
    requested_items = (RequestedItem(product_id=tea.id, quantity=1),)
    ports: dict[str, Any] = {"uow": shop.unit_of_work(), "clock": shop.clock, "new_id": new_id}
    home = Address(**HOME)
    templates = InMemoryOrderTemplateRepository(shop.store)
    template = templates.add(
        NewOrderTemplate(user_id="ada", name="Tea", requested_items=requested_items, address=home), at=NOON
    )

    orders = {
        "place_order": place_order(replace(an_order(), placing=GIFT), **ports),
        "order_products": place_catalog_order(
            PlaceCatalogOrder(actor=ADA, requested_items=requested_items, address=home, placing=GIFT), **ports
        ),
        "place_template": place_order_from_template(
            PlaceOrderFromTemplate(actor=ADA, template_id=template.id, placing=GIFT), templates=templates, **ports
        ),
        "ship_products": place_shipped_order(
            PlaceShippedOrder(actor=ADA, user_id="ada", requested_items=requested_items, placing=GIFT), **ports
        ),
        "place_cart": place_cart_order(
            PlaceCartOrder(actor=ADA, cart=Cart(SIGNED.content), placing=GIFT),
            signature_verifier=lambda _: True,
            policy=CartPolicy(),
            **ports,
        ),
    }

    assert {shop.queries.get(order.id).life.tags for order in orders.values()} == {("gift",)}
    assert {name: shop.queries.get(order.id).origin for name, order in orders.items()} == {
        "place_order": Origin.ORDERS,
        "order_products": Origin.MANAGEMENT,
        "place_template": Origin.MANAGEMENT,
        "ship_products": Origin.OSTORE,
        "place_cart": Origin.CHECKOUT,
    }
