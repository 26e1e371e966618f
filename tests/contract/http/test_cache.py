"""Order cache: entries live five minutes and are invalidated by updates."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from dependency_injector import providers
from redis import Redis

from orders_flask import Settings
from orders_flask.bootstrap.container import Container
from tests.support.client import Caller
from tests.support.servers.redis import round_trips
from tests.support.servers.tables import migrated
from tests.support.service_stack import Stack


@pytest.mark.clause("000-08", "000-18", "001-04", "001-08")
def test_cache_miss_reads_database_and_hit_not(stack: Stack, ann: Caller) -> None:
    order = ann.place()

    with stack.statements() as on_miss:
        missed = ann.get(order)
    with stack.statements() as on_hit, round_trips() as trips:
        hit = ann.get(order)

    assert len(on_miss) == 1
    assert on_hit == []
    # The revocation check shares this round trip: see docs/decisions/0014.
    assert len(trips) == (1 if stack.settings.redis_url else 0), trips
    assert missed.json == hit.json == order


@pytest.mark.clause("000-08")
def test_cached_order_is_returned(stack: Stack, ann: Caller) -> None:
    order = ann.place()
    ann.get(order)
    stack.rows(f"UPDATE orders SET currency = 'EUR' WHERE user_id = '{ann.subject}'")

    assert ann.get(order).json["currency"] == "USD"


@pytest.mark.clause("000-12", "000-20", "001-04")
def test_update_invalidates_the_cached_order(stack: Stack, ann: Caller) -> None:
    order = ann.place()
    ann.get(order)
    assert stack.cached(order)

    changed = ann.patch(order, "PAID").json
    left_in_cache = stack.cached(order)
    with stack.statements() as on_first:
        first = ann.get(order)
    with stack.statements() as on_second:
        second = ann.get(order)

    assert left_in_cache is None
    assert len(on_first) == 1
    assert on_second == []
    assert first.json == second.json == changed


@pytest.mark.clause("000-12")
def test_rejected_update_leaves_cache_entry(stack: Stack, ann: Caller) -> None:
    order = ann.place()
    ann.get(order)

    ann.patch(order, "LOST")
    with stack.statements() as sent:
        cached = ann.get(order)

    assert (sent, cached.json) == ([], order)


def test_relay_leaves_current_cache_entry(stack: Stack, ann: Caller) -> None:
    order = ann.place()
    ann.get(order)

    stack.relayed()

    assert stack.cached(order)


@pytest.mark.clause("000-19", "001-04")
def test_redis_entry_expires_after_5_minutes(real_stack: Stack) -> None:
    ann = real_stack.caller()
    order = ann.place()
    ann.get(order)

    identity = real_stack.container.store().identity.get()
    key = f"{real_stack.settings.redis_prefix}{identity}:{{{order['id']}}}:order"
    with Redis.from_url(real_stack.settings.redis_url) as redis:
        left = redis.pttl(key)
        redis.pexpire(key, 0)
    with real_stack.statements() as sent:
        ann.get(order)

    assert isinstance(left, int)
    assert 295_000 < left <= 300_000
    assert len(sent) == 1


@pytest.mark.clause("000-19")
def test_memory_entry_expires_after_5_minutes(build: Callable[..., Stack]) -> None:
    now = datetime.now(UTC)
    settings = Settings(log_level="ERROR")
    container = Container(settings=settings)
    container.clock.override(providers.Object(lambda: now))
    stack = build(settings, container=container)
    migrated(container)
    ann = stack.caller()
    order = ann.place()
    ann.get(order)

    statements: dict[int, int] = {}
    for age in (299, 300):
        now += timedelta(seconds=age) - timedelta(seconds=sum(statements))
        with stack.statements() as sent:
            ann.get(order)
        statements[age] = len(sent)

    assert statements == {299: 0, 300: 1}
