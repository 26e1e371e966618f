"""Redis and RabbitMQ outages: no request fails, and latency stays bounded."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from orders_domain.errors import PublisherUnavailable
from orders_flask import Settings
from tests.support.client import Caller, ask
from tests.support.servers.proxy import Proxy
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.servers.tables import migrated
from tests.support.service_stack import Stack

SLOWEST = 1.0  # maximum seconds of a request


def assert_all_is_well(ann: Caller) -> None:
    """Check that every request of an order's lifecycle succeeds in time."""
    began = time.monotonic()
    order = ann.place()
    assert [ann.get(order).json for _ in range(3)] == [order] * 3
    paid = ann.patch(order, "PAID")
    assert paid.status_code == 200
    assert [ann.get(order).json for _ in range(3)] == [paid.json] * 3
    assert ann.patch(order, "PENDING").status_code == 409
    assert ann.list().json[0] == paid.json
    assert time.monotonic() - began < 10 * SLOWEST


def assert_degraded(stack: Stack, part: str) -> None:
    response = ask(stack.app, "GET", "/readyz")
    assert (response.status_code, response.json["status"]) == (200, "ready")
    others = {"database": "ok", "cache": "ok", "broker": "ok"}
    assert response.json["checks"] == others | {part: "degraded"}


@pytest.mark.parametrize("broken", [Proxy.cut, Proxy.hang])
@pytest.mark.parametrize("used_before", [False, True])
def test_requests_succeed_without_redis(
    far_from_redis: Stack, to_redis: Proxy, broken: Callable[[Proxy], None], used_before: bool
) -> None:
    ann = far_from_redis.caller()
    if used_before:
        assert_all_is_well(ann)
    broken(to_redis)

    assert_all_is_well(ann)
    assert_degraded(far_from_redis, "cache")


def test_stale_cache_is_invalidated_after_outage(far_from_redis: Stack, to_redis: Proxy) -> None:
    ann = far_from_redis.caller()
    order = ann.place()
    ann.get(order)
    to_redis.cut()
    paid = ann.patch(order, "PAID").json
    to_redis.restore()

    far_from_redis.container.relay_events()  # repeats the invalidation that the cache missed
    time.sleep(2.1)  # the circuit breaker retries
    far_from_redis.container.relay_events()

    assert ann.get(order).json == paid


@pytest.fixture
def without_broker(real_stack: Stack, build: Callable[..., Stack]) -> Stack:
    url = "amqp://guest:guest@127.0.0.1:1/%2F"
    return build(replace(real_stack.settings, rabbitmq_url=url, log_level="ERROR"))


def test_requests_succeed_without_rabbitmq(without_broker: Stack) -> None:
    assert_all_is_well(without_broker.caller())
    assert_degraded(without_broker, "broker")


@pytest.mark.clause("000-05")
def test_events_are_published_after_outage(real_stack: Stack, without_broker: Stack) -> None:
    real_stack.relayed()
    order = without_broker.caller().place()

    with pytest.raises(PublisherUnavailable):
        without_broker.container.relay_events()
    published = real_stack.relayed()

    assert len(published.tasks_of(order)) == 1
    assert published.news_of(order) == ["orders.order_placed.v1"]


def test_requests_succeed_if_rabbitmq_hangs(
    real_stack: Stack, rabbitmq_server: RabbitServer, build: Callable[..., Stack]
) -> None:
    with Proxy.before(rabbitmq_server.url) as network:
        url = network.through(rabbitmq_server.url)
        stack = build(replace(real_stack.settings, rabbitmq_url=url, log_level="ERROR"))
        assert stack.container.broker().check() is None
        network.hang()

        assert_all_is_well(stack.caller())
        assert_degraded(stack, "broker")
        stack.close()


def test_multiple_processes_need_redis_to_cache(build: Callable[..., Stack]) -> None:
    stack = build(Settings(database_url="sqlite:///shared.db", log_level="ERROR"))
    migrated(stack.container)
    ann = stack.caller()
    order = ann.place()

    with stack.statements() as sent, stack.statements_about_tokens() as about_tokens:
        assert [ann.get(order).json for _ in range(2)] == [order] * 2

    assert (len(sent), len(about_tokens)) == (2, 2)
