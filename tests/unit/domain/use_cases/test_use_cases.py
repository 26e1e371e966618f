"""Use cases of an order: placing, getting, listing and changing, on the memory adapters."""

import pytest

from orders_adapters.testing.examples import ADA, ADMIN, CLERK, GRACE, items, new_id, only
from orders_domain import AccessPolicy, Actor, Money, OrderStatus, Role
from orders_domain.errors import AccessDenied, InvalidValue, OrderNotFound, StaleOrder, TotalMismatch, VersionMismatch
from orders_domain.model.order_filter import OrderFilter
from orders_domain.model.status import InvalidTransition
from orders_domain.ports.outbox import OutboxState
from orders_domain.use_cases import PlaceOrder, place_order
from tests.support.shop import InMemoryShop

STRANGERS = [GRACE, CLERK, ADMIN]


@pytest.fixture
def shop() -> InMemoryShop:
    return InMemoryShop()


def test_placed_order_is_stored_and_published(shop: InMemoryShop) -> None:
    order = shop.place(by=ADA)

    stored = shop.queries.get(order.id)
    assert stored == order
    assert (stored.status, stored.version, stored.user_id, stored.number) == (OrderStatus.PENDING, 1, "ada", 1)
    assert [message.event.type for message in shop.in_state(OutboxState.WAITING)] == ["orders.order_placed.v1"]
    assert [entry.request_id for entry in shop.queries.history(order.id)] == ["request-of-ada"]


def test_wrong_total_stores_nothing(shop: InMemoryShop) -> None:
    request = PlaceOrder(actor=ADA, items=items(), total=Money(7551, "USD"))

    with pytest.raises(TotalMismatch):
        place_order(request, uow=shop.unit_of_work(), clock=shop.clock, new_id=new_id)

    assert (shop.store.orders, shop.store.outbox, shop.store.histories) == ({}, {}, {})


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda actor: actor.subject)
@pytest.mark.parametrize("cached", [True, False])
def test_stranger_cannot_get_the_order(shop: InMemoryShop, stranger: Actor, cached: bool) -> None:
    order = shop.place(by=ADA)
    if cached:
        shop.get(order.id, by=ADA)

    with pytest.raises(OrderNotFound):
        shop.get(order.id, by=stranger)

    assert (shop.cache.get(order.id) is not None) is cached  # a stranger's request does not fill the cache either


def test_order_is_read_from_cache_first(shop: InMemoryShop) -> None:
    order = shop.place()
    assert shop.cache.get(order.id) is None

    assert shop.get(order.id) == order
    shop.store.orders.clear()

    assert shop.get(order.id) == order
    shop.clock.advance(300)
    with pytest.raises(OrderNotFound):
        shop.get(order.id)


def test_change_removes_the_cached_order(shop: InMemoryShop) -> None:
    order = shop.place()
    old = shop.get(order.id)

    changed = shop.change(order.id, OrderStatus.PAID)

    assert (changed.status, changed.version) == (OrderStatus.PAID, 2)
    assert shop.cache.get(order.id) is None
    shop.cache.put(old)  # a read that began before the change ends after it
    assert shop.get(order.id) == changed


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda actor: actor.subject)
def test_stranger_cannot_change_the_order(shop: InMemoryShop, stranger: Actor) -> None:
    order = shop.place(by=ADA)

    with pytest.raises(OrderNotFound):
        shop.change(order.id, OrderStatus.CANCELED, by=stranger)
    with pytest.raises(AccessDenied):
        shop.change(order.id, OrderStatus.CANCELED, by=stranger, access=AccessPolicy())

    assert shop.queries.get(order.id) == order


def test_owner_check_precedes_version_check(shop: InMemoryShop) -> None:
    order = shop.place(by=ADA)

    with pytest.raises(OrderNotFound):
        shop.change(order.id, OrderStatus.DELIVERED, by=GRACE, versions=frozenset({99}))


def test_administrator_change_is_in_history(shop: InMemoryShop) -> None:
    order = shop.place(by=ADA)

    shop.change(order.id, OrderStatus.PAID, by=ADMIN, access=AccessPolicy(roles=frozenset({Role.ADMIN})))

    last = shop.queries.history(order.id)[-1]
    assert (last.actor, last.role) == ("root", Role.ADMIN)
    assert shop.queries.get(order.id).user_id == "ada"


def test_change_of_unknown_order_is_not_found(shop: InMemoryShop) -> None:
    with pytest.raises(OrderNotFound):
        shop.change(new_id(), OrderStatus.PAID)


def test_invalid_transition_changes_nothing(shop: InMemoryShop) -> None:
    order = shop.place()

    with pytest.raises(InvalidTransition):
        shop.change(order.id, OrderStatus.DELIVERED)

    assert shop.queries.get(order.id) == order
    assert len(shop.store.outbox) == 1


def test_outdated_version_is_rejected(shop: InMemoryShop) -> None:
    order = shop.place()
    shop.change(order.id, OrderStatus.PAID, versions=frozenset({1}))

    with pytest.raises(VersionMismatch):
        shop.change(order.id, OrderStatus.SHIPPED, versions=frozenset({1}))
    with pytest.raises(VersionMismatch):
        shop.change(order.id, OrderStatus.PAID, versions=frozenset({1}))  # even if nothing would change

    assert shop.change(order.id, OrderStatus.SHIPPED, versions=frozenset({2, 9})).version == 3


def test_equal_status_changes_nothing(shop: InMemoryShop) -> None:
    order = shop.place()
    shop.change(order.id, OrderStatus.PAID)

    again = shop.change(order.id, OrderStatus.PAID)

    assert again.version == 2
    assert len(shop.queries.history(order.id)) == len(shop.store.outbox) == 2


def test_change_after_rejection_succeeds(shop: InMemoryShop) -> None:
    order = shop.place()
    with pytest.raises(InvalidTransition):
        shop.change(order.id, OrderStatus.DELIVERED)

    assert shop.change(order.id, OrderStatus.SHIPPED).status is OrderStatus.SHIPPED


def test_save_of_old_version_is_stale(shop: InMemoryShop) -> None:
    order = shop.place()
    mine = shop.queries.get(order.id)
    shop.change(order.id, OrderStatus.PAID)
    mine.change_status(only(OrderStatus.CANCELED), by=ADA, at=shop.clock())

    with shop.unit_of_work() as uow, pytest.raises(StaleOrder):
        uow.orders.save(mine)

    assert shop.queries.get(order.id).status is OrderStatus.PAID


def test_list_has_own_orders_newest_first(shop: InMemoryShop) -> None:
    first = shop.place(by=ADA)
    shop.clock.advance(1)
    shop.place(by=GRACE)
    second = shop.place(by=ADA)

    page = shop.list_of("ada", by=ADA)

    assert page.orders == (second, first)
    assert page.next_cursor is None


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda actor: actor.subject)
def test_list_of_another_user_is_denied(shop: InMemoryShop, stranger: Actor) -> None:
    shop.place(by=ADA)

    with pytest.raises(AccessDenied):
        shop.list_of("ada", by=stranger)


@pytest.mark.parametrize("limit", [0, -1, 1_001])
def test_page_limit_out_of_range_is_rejected(limit: int) -> None:
    with pytest.raises(InvalidValue) as refusal:
        OrderFilter(user_id="ada", limit=limit)

    assert refusal.value.field == "limit"
