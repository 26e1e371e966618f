"""Placing and deleting a catalog order, on the memory adapters."""

from typing import Any

import pytest

from orders_adapters.memory.unit_of_work import InMemoryUnitOfWork
from orders_adapters.testing.examples import ADA, ADMIN, CLERK, GRACE, NOON, new_id
from orders_domain import Actor, Money, OrderStatus, Origin
from orders_domain.errors import (
    AccessDenied,
    InsufficientStock,
    InvalidAmount,
    InvalidValue,
    OrderNotFound,
    VersionMismatch,
)
from orders_domain.model.access import OWNER_ONLY
from orders_domain.model.address import Address
from orders_domain.model.order import rebuild
from orders_domain.model.product import NewProduct, Product, RequestedItem
from orders_domain.model.status import DeletionNotAllowed
from orders_domain.ports.outbox import OutboxState
from orders_domain.use_cases import DeleteOrder, PlaceCatalogOrder, delete_order, place_catalog_order
from tests.support.shop import InMemoryShop
from tests.unit.domain.test_address import HOME


@pytest.fixture
def shop() -> InMemoryShop:
    return InMemoryShop()


def stocked(shop: InMemoryShop, stock: int = 10, *, price: Money | None = None) -> Product:
    new = NewProduct(sku=f"SKU-{new_id()}", name="Tea", price=price or Money(250, "USD"), stock=stock)
    with shop.unit_of_work() as uow:
        product = uow.products.add(new, by=ADMIN, at=NOON)
        uow.commit()
    return product


def order(
    shop: InMemoryShop, *requested_items: tuple[Product, int], by: Actor = ADA, origin: Origin = Origin.MANAGEMENT
) -> Any:
    request = PlaceCatalogOrder(
        actor=by,
        requested_items=tuple(
            RequestedItem(product_id=product.id, quantity=quantity) for product, quantity in requested_items
        ),
        address=Address(**HOME),
        origin=origin,
    )
    return place_catalog_order(request, uow=shop.unit_of_work(), clock=shop.clock, new_id=new_id)


def delete(shop: InMemoryShop, target: Any, *, by: Actor = ADA, versions: frozenset[int] | None = None) -> None:
    request = DeleteOrder(actor=by, order_id=target.id, access=OWNER_ONLY, versions=versions)
    delete_order(request, uow=shop.unit_of_work(), cache=shop.cache, clock=shop.clock)


def left(shop: InMemoryShop, product: Product) -> int:
    return shop.store.products[product.id].stock


@pytest.mark.clause("002-02", "002-10")
def test_order_has_current_prices_and_their_sum(shop: InMemoryShop) -> None:
    tea, milk = stocked(shop), stocked(shop, price=Money(99, "USD"))

    placed = order(shop, (milk, 3), (tea, 1), (milk, 1))

    assert [(line.product_id, line.quantity, line.unit_price.minor) for line in placed.lines] == [
        (tea.id, 1, 250),
        (milk.id, 4, 99),
    ]
    assert (placed.total, placed.status, placed.user_id) == (Money(646, "USD"), OrderStatus.PENDING, "ada")
    assert placed.address == Address(**HOME)
    assert (left(shop, tea), left(shop, milk)) == (9, 6)
    assert shop.queries.get(placed.id) == placed == rebuild(shop.queries.history(placed.id), number=placed.number)


@pytest.mark.clause("002-01", "002-03")
def test_shortage_names_products_and_deducts_none(shop: InMemoryShop) -> None:
    some, none = stocked(shop, 2), stocked(shop, 0)
    moved = list(shop.store.movements)

    with pytest.raises(InsufficientStock) as refusal:
        order(shop, (none, 1), (some, 3))

    assert [(shortage.product_id, shortage.requested, shortage.available) for shortage in refusal.value.shortages] == [
        (some.id, 3, 2),
        (none.id, 1, 0),
    ]
    assert (shop.store.orders, shop.store.movements, shop.store.outbox) == ({}, moved, {})


def test_order_without_products_is_rejected(shop: InMemoryShop) -> None:
    with pytest.raises(InvalidValue):
        order(shop)


def test_two_currencies_are_rejected(shop: InMemoryShop) -> None:
    dollars, yen = stocked(shop), stocked(shop, price=Money(100, "JPY"))

    with pytest.raises(InvalidValue, match="one currency"):
        order(shop, (dollars, 1), (yen, 1))

    assert (left(shop, dollars), left(shop, yen)) == (10, 10)


def test_total_above_max_amount_is_rejected(shop: InMemoryShop) -> None:
    gold = stocked(shop, price=Money(10**12, "USD"))

    with pytest.raises(InvalidAmount):
        order(shop, (gold, 2))

    assert left(shop, gold) == 10


def test_failed_commit_deducts_nothing(shop: InMemoryShop, monkeypatch: pytest.MonkeyPatch) -> None:
    tea = stocked(shop)

    def fail(_: object) -> None:
        raise ConnectionError("gone")

    monkeypatch.setattr(InMemoryUnitOfWork, "commit", fail)
    with pytest.raises(ConnectionError):
        order(shop, (tea, 1))

    assert (left(shop, tea), shop.store.orders, shop.store.outbox) == (10, {}, {})


@pytest.mark.clause("002-13")
def test_deleted_order_releases_its_stock(shop: InMemoryShop) -> None:
    tea = stocked(shop)
    placed = order(shop, (tea, 4))
    shop.get(placed.id)  # which also caches it

    delete(shop, placed)

    assert left(shop, tea) == 10
    with pytest.raises(OrderNotFound):
        shop.get(placed.id)
    assert shop.list_of("ada").orders == ()
    history = shop.queries.history(placed.id)
    assert [(entry.kind, entry.actor) for entry in history] == [("placed", "ada"), ("deleted", "ada")]
    assert rebuild(history).deleted_at == NOON
    types = [message.event.type for message in shop.in_state(*OutboxState)]
    assert types == ["orders.order_placed.v1", "orders.order_deleted.v1"]


@pytest.mark.clause("002-13")
@pytest.mark.parametrize("status", [status for status in OrderStatus if status is not OrderStatus.PENDING])
def test_only_pending_order_can_be_deleted(shop: InMemoryShop, status: OrderStatus) -> None:
    tea = stocked(shop)
    placed = order(shop, (tea, 4))
    if status is OrderStatus.DELIVERED:
        shop.administer(placed.id, OrderStatus.SHIPPED)
    shop.administer(placed.id, status)
    before = left(shop, tea)

    with pytest.raises(DeletionNotAllowed, match=r"^Only pending orders can be deleted$"):
        delete(shop, placed)

    assert left(shop, tea) == before
    assert shop.queries.get(placed.id).status is status


@pytest.mark.clause("002-05", "002-13")
@pytest.mark.parametrize("by", [GRACE, CLERK, ADMIN], ids=lambda actor: actor.subject)
def test_order_of_another_user_is_not_deleted(shop: InMemoryShop, by: Actor) -> None:
    placed = order(shop, (stocked(shop), 4))

    with pytest.raises(AccessDenied):
        delete(shop, placed, by=by)

    assert shop.queries.get(placed.id) == placed


def test_deleted_order_cannot_be_deleted_again(shop: InMemoryShop) -> None:
    tea = stocked(shop)
    placed = order(shop, (tea, 4))
    delete(shop, placed)

    with pytest.raises(OrderNotFound):
        delete(shop, placed)

    assert left(shop, tea) == 10


def test_outdated_version_is_not_deleted(shop: InMemoryShop) -> None:
    placed = order(shop, (stocked(shop), 4))

    with pytest.raises(VersionMismatch):
        delete(shop, placed, versions=frozenset({7}))

    assert shop.queries.get(placed.id) == placed


@pytest.mark.clause("002-06", "002-13")
@pytest.mark.parametrize("through", [[], [OrderStatus.CONFIRMED], [OrderStatus.PAID]])
def test_cancelled_order_releases_stock_once(shop: InMemoryShop, through: list[OrderStatus]) -> None:
    tea = stocked(shop)
    placed = order(shop, (tea, 4))
    for status in (*through, OrderStatus.CANCELED, OrderStatus.CANCELED):
        shop.administer(placed.id, status)

    assert left(shop, tea) == 10
    assert [moved.movement.value for moved in shop.store.movements] == ["initial", "deducted", "released"]
