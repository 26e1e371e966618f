"""Isolation of two services in one process."""

from collections.abc import Callable

import pytest

from orders_flask import Settings
from tests.support.client import Caller, ask, refused
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
