"""RATE_LIMIT: a limit of requests by subject or address on every route but health and metrics."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from orders_domain import Role
from orders_flask import Settings
from tests.support.client import PROBLEM, Answer, ask
from tests.support.servers.proxy import Proxy
from tests.support.service_stack import Stack

SHAPES = {
    "/orders/user/ann": {"type", "title", "status", "detail"},
    "/api/v1/products": {"detail"},
    "/ostore/orders/1": {"error"},
    "/api/orders/1": {"error"},
}


@pytest.fixture
def limited(build: Callable[..., Stack]) -> Stack:
    return build(Settings(log_level="ERROR", rate_limit="5/minute"))


def get(stack: Stack, path: str, address: str = "203.0.113.7", **headers: str) -> Answer:
    return ask(stack.app, "GET", path, headers=headers, environ_overrides={"REMOTE_ADDR": address})


@pytest.mark.parametrize("path", SHAPES)
def test_subject_is_limited_in_every_contract(limited: Stack, path: str) -> None:
    ann = limited.caller("ann", role=Role.ADMIN)

    statuses = [ann.ask("GET", path).status_code for _ in range(5)]
    response = ann.ask("GET", path)

    assert 429 not in statuses
    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert response.json.keys() == SHAPES[path]
    assert (response.mimetype == PROBLEM) == (path == "/orders/user/ann")
    assert limited.caller("bob").ask("GET", path).status_code != 429


def test_subject_has_one_limit_for_all_contracts(limited: Stack) -> None:
    ann = limited.caller("ann")

    statuses = [ann.ask("GET", path).status_code for path in (*SHAPES, *SHAPES)]

    assert [status == 429 for status in statuses] == [False] * 5 + [True] * 3


@pytest.mark.parametrize("path", ["/orders/user/ann", "/openapi.json", "/docs/", "/nothing", "/orders/nothing"])
def test_requests_without_token_count_by_address(limited: Stack, path: str) -> None:
    statuses = [get(limited, path, **headers).status_code for headers in ({}, {"Authorization": "Bearer x"}) * 3]

    assert [status == 429 for status in statuses] == [False] * 5 + [True]
    assert get(limited, path, address="203.0.113.8").status_code != 429


def test_login_with_a_token_counts_by_address(limited: Stack) -> None:
    caller = limited.caller("ann")

    statuses = [caller.post({"token": "x"}, path="/auth/refresh").status_code for _ in range(6)]

    assert statuses == [401] * 5 + [429]


def test_valid_token_is_not_limited_by_its_address(limited: Stack) -> None:
    assert [get(limited, "/openapi.json", address="127.0.0.1").status_code for _ in range(6)][-1] == 429

    assert limited.caller("ann").list().status_code == 200


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics"])
def test_health_and_metrics_are_exempt(limited: Stack, path: str) -> None:
    assert {get(limited, path).status_code for _ in range(20)} == {200}


def test_no_limit_by_default(build: Callable[..., Stack]) -> None:
    ann = build(Settings(log_level="ERROR")).caller("ann")

    assert {ann.list(of="ann").status_code for _ in range(300)} == {200}


@pytest.mark.parametrize("broken", [Proxy.cut, Proxy.hang])
def test_process_limits_requests_without_redis(
    build: Callable[..., Stack], real_stack: Stack, to_redis: Proxy, broken: Callable[[Proxy], None]
) -> None:
    through = to_redis.through(real_stack.settings.redis_url)
    stack = build(replace(real_stack.settings, redis_url=through, rate_limit="5/hour"))
    ann = stack.caller("ann-without-redis")
    broken(to_redis)

    began = time.monotonic()
    statuses = [ann.list(of=ann.subject).status_code for _ in range(8)]

    assert statuses == [200] * 5 + [429] * 3
    assert time.monotonic() - began < 8
