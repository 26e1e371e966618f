"""Isolation of two services in one process."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from redis import Redis

from orders_domain.errors import TooManyAttempts
from orders_domain.ports.accounts.rate_limiter import RateLimit
from orders_flask import Settings
from tests.support.client import Caller, ask, refused
from tests.support.servers.redis import RedisServer
from tests.support.service_stack import Stack

OTHER_SECRET = "another secret, of thirty-two bytes or more"


@pytest.fixture
def two(build: Callable[..., Stack]) -> tuple[Stack, Stack]:
    """Two services on memory stores, each with its own secret."""
    first, second = (
        build(Settings(database_url="memory://", jwt_secret=secret, log_level="ERROR")) for secret in ("", OTHER_SECRET)
    )
    return first, second


def test_services_do_not_share_orders(two: tuple[Stack, Stack]) -> None:
    first, second = two[0].caller("ann"), two[1].caller("ann")
    order = first.place()
    first.get(order)

    refused(second.get(order), 404)
    refused(second.patch(order, "PAID"), 404)
    assert second.list().json == []
    assert first.get(order).json == order


def test_services_do_not_share_tokens(two: tuple[Stack, Stack]) -> None:
    first, second = two[0].caller("ann"), two[1].caller("ann")

    refused(Caller(app=two[1].app, subject="ann", token=first.token).list(), 401)
    refused(Caller(app=two[0].app, subject="ann", token=second.token).list(), 401)
    assert first.list().status_code == second.list().status_code == 200


def test_services_do_not_share_cache_entries(two: tuple[Stack, Stack]) -> None:
    here = two[0].caller("ann")
    order = here.place()
    here.get(order)

    assert two[0].cached(order)
    assert two[1].cached(order) is None


def test_services_do_not_share_metrics(two: tuple[Stack, Stack]) -> None:
    for _ in range(3):
        two[0].caller("ann").place()

    assert 'method="POST"' in ask(two[0].app, "GET", "/metrics").text
    assert 'method="POST"' not in ask(two[1].app, "GET", "/metrics").text


def test_services_do_not_share_events(two: tuple[Stack, Stack]) -> None:
    two[0].caller("ann").place()

    assert [stack.container.outbox().backlog().waiting for stack in two] == [1, 0]


def test_services_do_not_share_mounts(two: tuple[Stack, Stack], build: Callable[..., Stack]) -> None:
    elsewhere = build(Settings(database_url="memory://", mounts={"orders": ("/shop",)}, log_level="ERROR"))

    refused(elsewhere.caller().ask("GET", "/orders/1"), 404)
    assert elsewhere.caller("ann").ask("GET", "/shop/user/ann").json == []
    assert two[0].caller("ann").list().json == []
    assert "/shop/" in ask(elsewhere.app, "GET", "/openapi.json").json["paths"]
    assert "/shop/" not in ask(two[0].app, "GET", "/openapi.json").json["paths"]


@pytest.fixture
def on_one_redis(build: Callable[..., Stack], redis_server: RedisServer) -> tuple[Stack, Stack]:
    """Two services with databases of their own, and one Redis, prefix and token secret."""
    prefix = f"{redis_server.prefix}{uuid4().hex}:"
    settings = Settings(database_url="memory://", redis_url=redis_server.url, redis_prefix=prefix, log_level="ERROR")
    return build(settings), build(settings)


def test_databases_on_one_redis_share_no_order(on_one_redis: tuple[Stack, Stack]) -> None:
    here, there = (stack.caller("ann") for stack in on_one_redis)
    order = here.place()
    assert here.get(order).json == order

    refused(there.get(order), 404)
    assert on_one_redis[0].cached(order)
    assert on_one_redis[1].cached(order) is None

    assert on_one_redis[1].container.order_cache().invalidate({UUID(order["id"]): 9})
    assert on_one_redis[0].cached(order)


def test_databases_on_one_redis_share_no_attempts(on_one_redis: tuple[Stack, Stack]) -> None:
    here, there = (stack.container.rate_limiter() for stack in on_one_redis)
    limit = RateLimit(1, 60)
    here.remember("ann", seconds=60)
    here.hit("ann", limit=limit)
    with pytest.raises(TooManyAttempts):
        here.hit("ann", limit=limit)

    there.hit("ann", limit=limit)
    there.reset("ann")

    assert not there.remembers("ann")
    with pytest.raises(TooManyAttempts):
        here.hit("ann", limit=limit)


def test_every_redis_key_names_its_database(on_one_redis: tuple[Stack, Stack]) -> None:
    stack = on_one_redis[0]
    ann, identity = stack.caller("ann"), stack.container.store().identity.get()
    order = ann.place()
    ann.get(order)
    stack.container.order_cache().invalidate({UUID(order["id"]): 1})
    stack.container.rate_limiter().hit("ann", limit=RateLimit(1, 60))
    stack.container.rate_limiter().remember("ann", seconds=60)

    with Redis.from_url(stack.settings.redis_url) as redis:
        keys = [key.decode() for key in redis.scan_iter(f"{stack.settings.redis_prefix}*")]

    assert len(keys) == 7, keys
    assert sorted(key for key in keys if identity not in key) == [
        f"{stack.settings.redis_prefix}{name}" for name in ("databases", "write_probe")
    ]
