"""Relay and cache: missed invalidations are repeated until the cached copies expire."""

import pytest

from orders_domain import OrderStatus
from orders_domain.errors import PublisherUnavailable
from orders_domain.ports.outbox import OutboxState
from orders_domain.use_cases import RelayResult
from tests.support.shop import InMemoryShop
from tests.support.stubs import ForgetfulCache, ScriptedPublisher


@pytest.fixture
def broker() -> ScriptedPublisher:
    return ScriptedPublisher()


@pytest.fixture
def shop(broker: ScriptedPublisher) -> InMemoryShop:
    shop = InMemoryShop(publisher=broker)
    shop.cache = ForgetfulCache(clock=shop.clock)
    return shop


def disconnect_cache(shop: InMemoryShop, disconnected: bool = True) -> None:
    assert isinstance(shop.cache, ForgetfulCache)
    shop.cache.deaf = disconnected


def test_missed_invalidation_is_repeated(shop: InMemoryShop) -> None:
    order = shop.place()
    shop.get(order.id)
    shop.relay()
    disconnect_cache(shop)
    shop.change(order.id, OrderStatus.PAID)
    assert shop.get(order.id).status is OrderStatus.PENDING  # the stale copy

    disconnect_cache(shop, disconnected=False)
    shop.relay()

    assert shop.get(order.id).status is OrderStatus.PAID


def test_event_sent_without_cache_is_not_resent(shop: InMemoryShop, broker: ScriptedPublisher) -> None:
    order = shop.place()
    shop.get(order.id)
    disconnect_cache(shop)
    shop.change(order.id, OrderStatus.PAID)

    assert shop.relay() == RelayResult(sent=2)
    assert len(shop.in_state(OutboxState.PUBLISHED)) == 2
    assert shop.get(order.id).status is OrderStatus.PENDING

    disconnect_cache(shop, disconnected=False)
    shop.clock.advance(1)
    assert shop.relay() == RelayResult()
    assert shop.get(order.id).status is OrderStatus.PAID
    assert len(shop.in_state(OutboxState.SENT)) == len(broker.taken) == 2


def test_cache_is_invalidated_while_broker_is_down(shop: InMemoryShop, broker: ScriptedPublisher) -> None:
    order = shop.place()
    shop.get(order.id)
    disconnect_cache(shop)
    shop.change(order.id, OrderStatus.PAID)
    disconnect_cache(shop, disconnected=False)
    broker.away_after = 0

    with pytest.raises(PublisherUnavailable):
        shop.relay()

    assert shop.get(order.id).status is OrderStatus.PAID


def test_unavailable_cache_is_retried_until_ttl(shop: InMemoryShop) -> None:
    shop.place()
    disconnect_cache(shop)
    shop.relay()
    rounds = 0
    while shop.in_state(OutboxState.PUBLISHED):
        shop.clock.advance(60)
        shop.relay()
        rounds += 1
        assert rounds < 20, "told for ever"

    assert rounds in (10, 11)  # ten minutes: twice the TTL of a copy
    assert len(shop.in_state(OutboxState.SENT)) == 1


def test_old_event_is_sent_without_the_cache(shop: InMemoryShop) -> None:
    shop.place()
    disconnect_cache(shop)
    shop.clock.advance(601)

    assert shop.relay() == RelayResult(sent=1)

    assert len(shop.in_state(OutboxState.SENT)) == 1


def test_unavailable_cache_does_not_delay_events(shop: InMemoryShop, broker: ScriptedPublisher) -> None:
    disconnect_cache(shop)
    for _ in range(2):
        shop.place()
    shop.relay(limit=2)
    late = shop.place()

    for _ in range(5):  # a relay that wakes once a second while the cache is unavailable
        shop.clock.advance(1)
        shop.relay(limit=2)

    assert late.id in broker.versions()
