"""Orders placed and changed at random through the use cases, rebuilt from their histories (clause 002-35)."""

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select

from orders_adapters.security.cart_signatures import canonical
from orders_adapters.sql import tables
from orders_adapters.sql.mappers import to_order
from orders_adapters.testing.carts import cart
from orders_adapters.testing.examples import only
from orders_domain import Actor, CustomItem, Money, Order, OrderStatus, Role
from orders_domain.errors import OrderNotFound, OrdersError
from orders_domain.model.access import OWNER_ONLY, OWNER_OR_ADMIN
from orders_domain.model.address import Address
from orders_domain.model.cart import Cart
from orders_domain.model.order import rebuild
from orders_domain.model.product import NewProduct, ProductId, RequestedItem
from orders_domain.model.values.json_values import JSON
from orders_domain.use_cases import (
    AddProduct,
    CancelOrder,
    ChangeStatus,
    DeleteOrder,
    GetOrderHistory,
    PlaceCartOrder,
    PlaceCatalogOrder,
    PlaceOrder,
)
from orders_flask import Settings
from orders_flask.bootstrap.container import Container, close
from tests.support.depth import effort
from tests.support.secrets import CART_SECRET

ORDERS = effort(60, 1_000)
ADMIN = Actor(subject="root", role=Role.ADMIN, request_id="by hand")
WORDS = ("tea", "Straße", "\U0001f375", "'; DROP TABLE orders; --", "<b>", "", "\\", "1.0")


@pytest.fixture
def container(on_postgresql: Engine) -> Iterator[Container]:
    url = on_postgresql.url.render_as_string(hide_password=False)
    container = Container(settings=Settings(database_url=url, cart_snapshot_secret=CART_SECRET))
    yield container
    close(container)


@pytest.mark.clause("002-08", "002-35")
def test_random_orders_rebuild_from_history(container: Container, on_postgresql: Engine) -> None:
    chance = Random(20260314)
    products = [stocked(container, number) for number in range(5)]
    orders = [placed(container, chance, products) for _ in range(ORDERS)]
    for order in orders:
        for _ in range(chance.randrange(5)):
            change(container, chance, order)

    with on_postgresql.connect() as connection:
        stored = {row.id: to_order(row) for row in connection.execute(select(tables.orders))}
    rebuilt = {order.id: history_folded(container, order) for order in orders}

    assert rebuilt == stored
    for order in rebuilt.values():
        if order.deleted_at is None:
            assert container.queries().get(order.id) == order
        else:
            with pytest.raises(OrderNotFound):
                container.queries().get(order.id)
    ends = Counter((order.status, order.deleted_at is not None) for order in rebuilt.values())
    assert len(ends) == len(OrderStatus) + 1, ends  # every status, and deletion of a pending order


def stocked(container: Container, number: int) -> ProductId:
    product = NewProduct(sku=f"SKU-{number}", name=f"Tea {number}", price=Money(199 + number, "USD"), stock=10**9)
    return container.add_product(AddProduct(actor=ADMIN, product=product)).id


def placed(container: Container, chance: Random, products: list[ProductId]) -> Order:
    customer = Actor(subject=f"customer {chance.randrange(50)}", request_id=chance.choice([None, *WORDS]))
    if chance.random() < 0.3:
        user_id = chance.choice([None, customer.subject])
        return container.place_cart_order(PlaceCartOrder(actor=ADMIN, cart=signed(user_id, chance)))
    if chance.random() < 0.5:
        items = tuple(CustomItem(content(chance)) for _ in range(chance.randint(1, 4)))
        currency = chance.choice(["USD", "JPY", "BHD"])
        return container.place_order(
            PlaceOrder(actor=customer, items=items, total=Money(chance.randrange(10**12), currency))
        )
    requested_items = [
        RequestedItem(product_id=chance.choice(products), quantity=chance.randint(1, 9))
        for _ in range(chance.randint(1, 4))
    ]
    return container.place_catalog_order(
        PlaceCatalogOrder(
            actor=customer, requested_items=tuple(requested_items), address=chance.choice([None, address(chance)])
        )
    )


def signed(user_id: str | None, chance: Random) -> Cart:
    """A cart of random content, for a random user or a guest."""
    signable = {name: value for name, value in content(chance).items() if value != 2**63 - 1}
    now = datetime.now(UTC).isoformat()
    members: dict[str, JSON] = {"snapshotId": str(uuid4()), "createdAt": now, "cartVersion": chance.randrange(9)}
    snapshot = cart(user_id=user_id, pricingSnapshot=signable, **members).content
    digest = hmac.new(CART_SECRET.encode(), canonical(snapshot), hashlib.sha256).hexdigest()
    return Cart({**snapshot, "signature": digest})


def content(chance: Random) -> dict[str, JSON]:
    values: list[JSON] = [1, 1.0, -0.0, 0.1, 2**63 - 1, None, True, [], {}, [{"deep": [1.5]}], *WORDS]
    return {word: chance.choice(values) for word in chance.sample(WORDS, 3)}


def address(chance: Random) -> Address:
    line2 = chance.choice([None, "Flat <2>"])
    return Address(line1="12 Hill 'Road'", line2=line2, city="Leeds", state="York", postal_code="LS1", country="UK")


def change(container: Container, chance: Random, order: Order) -> None:
    """Request a random change; a rejected one leaves no trace."""
    owner = Actor(subject=str(order.user_id))
    try:
        if chance.random() < 0.1:
            container.delete_order(DeleteOrder(actor=owner, order_id=order.id, access=OWNER_ONLY))
        elif chance.random() < 0.1:
            reason = chance.choice([None, *WORDS])
            container.cancel_order(CancelOrder(actor=ADMIN, order_id=order.id, reason=reason))
        else:
            target = only(chance.choice(list(OrderStatus)))
            actor = chance.choice([owner, ADMIN, ADMIN])  # for most origins only administrators change a status
            container.change_status(ChangeStatus(actor=actor, order_id=order.id, target=target, access=OWNER_OR_ADMIN))
    except OrdersError:
        pass


def history_folded(container: Container, order: Order) -> Order:
    request = GetOrderHistory(actor=ADMIN, order_id=order.number or order.id)
    return rebuild(container.get_order_history(request), number=order.number)
