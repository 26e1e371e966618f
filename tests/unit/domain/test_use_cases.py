"""Placing, getting, listing and changing orders, on the memory adapters."""

import pytest

from orders_domain import AccessPolicy, Actor, Money, OrderStatus, Role
from orders_domain.errors import AccessDenied, InvalidValue, OrderNotFound, StaleOrder, TotalMismatch, VersionMismatch
from orders_domain.model.order_filter import OrderFilter
from orders_domain.model.status import InvalidTransition
from orders_domain.ports.outbox import OutboxState
from orders_domain.use_cases import PlaceOrder, place_order
from tests.support.examples import ADA, ADMIN, CLERK, GRACE, items, new_id, only
from tests.support.use_cases import Shop

STRANGERS = [GRACE, CLERK, ADMIN]


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_placed_order_is_stored_numbered_and_told(shop: Shop) -> None:
    order = shop.place(by=ADA)

    stored = shop.queries.get(order.id)
    assert stored == order
    assert (stored.status, stored.version, stored.user_id, stored.number) == (OrderStatus.PENDING, 1, "ada", 1)
    assert [one.event.type for one in shop.in_state(OutboxState.WAITING)] == ["orders.order_placed.v1"]
    assert [entry.request_id for entry in shop.queries.history(order.id)] == ["request-of-ada"]


def test_an_order_whose_total_is_wrong_leaves_nothing(shop: Shop) -> None:
    request = PlaceOrder(actor=ADA, items=items(), total=Money(7551, "USD"))

    with pytest.raises(TotalMismatch):
        place_order(request, uow=shop.uow, clock=shop.clock, new_id=new_id)

    assert (shop.store.orders, shop.store.outbox, shop.store.histories) == ({}, {}, {})


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda actor: actor.subject)
@pytest.mark.parametrize("cached", [True, False])
def test_a_stranger_cannot_get_an_order_cached_or_not(shop: Shop, stranger: Actor, cached: bool) -> None:
    order = shop.place(by=ADA)
    if cached:
        shop.get(order.id, by=ADA)

    with pytest.raises(OrderNotFound):
        shop.get(order.id, by=stranger)

    assert (shop.cache.get(order.id) is not None) is cached  # a stranger's question fills no cache either


def test_an_order_is_read_from_the_cache_first_and_a_miss_fills_it(shop: Shop) -> None:
    order = shop.place()
    assert shop.cache.get(order.id) is None

    assert shop.get(order.id) == order
    shop.store.orders.clear()

    assert shop.get(order.id) == order
    shop.clock.advance(300)
    with pytest.raises(OrderNotFound):
        shop.get(order.id)


def test_a_change_is_seen_by_the_next_read_and_the_cached_copy_is_gone(shop: Shop) -> None:
    order = shop.place()
    old = shop.get(order.id)

    changed = shop.change(order.id, OrderStatus.PAID)

    assert (changed.status, changed.version) == (OrderStatus.PAID, 2)
    assert shop.cache.get(order.id) is None
    shop.cache.put(old)  # a read that began before the change ends after it
    assert shop.get(order.id) == changed


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda actor: actor.subject)
def test_a_stranger_cannot_change_an_order_and_nothing_changes(shop: Shop, stranger: Actor) -> None:
    order = shop.place(by=ADA)

    with pytest.raises(OrderNotFound):
        shop.change(order.id, OrderStatus.CANCELED, by=stranger)
    with pytest.raises(AccessDenied):
        shop.change(order.id, OrderStatus.CANCELED, by=stranger, access=AccessPolicy())

    assert shop.queries.get(order.id) == order


def test_ownership_is_asked_before_the_version_and_the_lifecycle(shop: Shop) -> None:
    order = shop.place(by=ADA)

    with pytest.raises(OrderNotFound):
        shop.change(order.id, OrderStatus.DELIVERED, by=GRACE, versions=frozenset({99}))


def test_an_administrator_may_where_the_contract_says_so_and_the_history_names_them(shop: Shop) -> None:
    order = shop.place(by=ADA)

    shop.change(order.id, OrderStatus.PAID, by=ADMIN, access=AccessPolicy(roles=frozenset({Role.ADMIN})))

    last = shop.queries.history(order.id)[-1]
    assert (last.actor, last.role) == ("root", Role.ADMIN)
    assert shop.queries.get(order.id).user_id == "ada"


def test_a_change_of_an_unknown_order_is_not_found(shop: Shop) -> None:
    with pytest.raises(OrderNotFound):
        shop.change(new_id(), OrderStatus.PAID)


def test_an_illegal_change_changes_nothing_and_tells_nobody(shop: Shop) -> None:
    order = shop.place()

    with pytest.raises(InvalidTransition):
        shop.change(order.id, OrderStatus.DELIVERED)

    assert shop.queries.get(order.id) == order
    assert len(shop.store.outbox) == 1


def test_a_change_with_the_version_of_another_time_is_refused(shop: Shop) -> None:
    order = shop.place()
    shop.change(order.id, OrderStatus.PAID, versions=frozenset({1}))

    with pytest.raises(VersionMismatch):
        shop.change(order.id, OrderStatus.SHIPPED, versions=frozenset({1}))
    with pytest.raises(VersionMismatch):
        shop.change(order.id, OrderStatus.PAID, versions=frozenset({1}))  # even where nothing would change

    assert shop.change(order.id, OrderStatus.SHIPPED, versions=frozenset({2, 9})).version == 3


def test_the_same_status_again_is_no_change(shop: Shop) -> None:
    order = shop.place()
    shop.change(order.id, OrderStatus.PAID)

    again = shop.change(order.id, OrderStatus.PAID)

    assert again.version == 2
    assert len(shop.queries.history(order.id)) == len(shop.store.outbox) == 2


def test_after_a_refusal_the_next_unit_of_work_goes_on(shop: Shop) -> None:
    order = shop.place()
    with pytest.raises(InvalidTransition):
        shop.change(order.id, OrderStatus.DELIVERED)

    assert shop.change(order.id, OrderStatus.SHIPPED).status is OrderStatus.SHIPPED


def test_changes_made_from_an_old_version_are_stale(shop: Shop) -> None:
    order = shop.place()
    mine = shop.queries.get(order.id)
    shop.change(order.id, OrderStatus.PAID)
    mine.change_status(only(OrderStatus.CANCELED), by=ADA, at=shop.clock())

    with pytest.raises(StaleOrder), shop.uow:
        shop.uow.orders.save(mine)

    assert shop.queries.get(order.id).status is OrderStatus.PAID


def test_a_list_holds_one_s_own_orders_newest_first(shop: Shop) -> None:
    first = shop.place(by=ADA)
    shop.clock.advance(1)
    shop.place(by=GRACE)
    second = shop.place(by=ADA)

    page = shop.list_of("ada", by=ADA)

    assert page.orders == (second, first)
    assert page.next_cursor is None


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda actor: actor.subject)
def test_somebody_else_s_list_is_denied(shop: Shop, stranger: Actor) -> None:
    shop.place(by=ADA)

    with pytest.raises(AccessDenied):
        shop.list_of("ada", by=stranger)


@pytest.mark.parametrize("limit", [0, -1, 1_001])
def test_a_page_has_1_to_1000_orders(limit: int) -> None:
    with pytest.raises(InvalidValue) as refusal:
        OrderFilter(user_id="ada", limit=limit)

    assert refusal.value.field == "limit"
