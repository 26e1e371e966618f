"""Rate limit of POST /auth/login: by account and by address, with Redis and without it."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from orders_flask import Settings
from tests.contract.http.auth.accounts import Guest, error, welcome
from tests.support.client import as_json, ask
from tests.support.servers.proxy import Proxy
from tests.support.service_stack import Stack

pytestmark = pytest.mark.usefixtures("quick_hashing")


@pytest.mark.parametrize("known", [True, False])
def test_account_is_limited_to_ten_attempts(ada: Guest, worked: list[object], known: bool) -> None:
    email = ada.email if known else f"nobody-{ada.subject}@example.com"
    for _ in range(10):
        error(ada.login(email=email, password="wrong horse"), 401)

    responses = [ada.login(email=spelling) for spelling in (email, email.upper(), f" {email}")]

    for response in responses:
        assert error(response, 429) == "Too many attempts; please try again later."
        assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert len(worked) == 10


def test_valid_password_is_never_limited(ada: Guest) -> None:
    assert [ada.login().status_code for _ in range(15)] == [200] * 15


def test_address_is_limited_to_100_attempts(ada: Guest) -> None:
    stranger = replace(ada, address="203.0.113.77")
    for number in range(100):
        error(stranger.login(email=f"{number}-{ada.email}", password="wrong horse"), 401)

    error(stranger.login(), 429)

    assert ada.login().status_code == 200


def test_ipv6_network_counts_as_one_address(ada: Guest) -> None:
    def seen_from(number: int) -> int:
        neighbour = replace(ada, address=f"2001:db8:7:9::{number:x}")
        return neighbour.login(email=f"{number}-{ada.email}", password="wrong horse").status_code

    assert [seen_from(number) for number in range(101)] == [401] * 100 + [429]


def test_client_behind_proxy_is_counted(build: Callable[..., Stack]) -> None:
    stack = build(Settings(log_level="ERROR", trusted_proxies=1))

    def status(client: str, number: int) -> int:
        body = {"email": f"{number}-{client}@example.com", "password": "wrong horse"}
        headers = {"X-Forwarded-For": f"6.6.6.{number}, {client}"}
        return ask(stack.app, "POST", "/auth/login", headers=headers, **as_json(body)).status_code

    assert [status("203.0.113.1", number) for number in range(101)] == [401] * 100 + [429]
    assert status("203.0.113.2", 1) == 401


@pytest.mark.parametrize("broken", [Proxy.cut, Proxy.hang])
def test_process_limits_attempts_without_redis(
    far_from_redis: Stack, to_redis: Proxy, broken: Callable[[Proxy], None]
) -> None:
    guest = welcome(far_from_redis)
    broken(to_redis)

    began = time.monotonic()
    statuses = [guest.login(password="wrong horse").status_code for _ in range(11)]

    assert statuses == [401] * 10 + [429]
    assert time.monotonic() - began < 11


def test_stranger_does_not_lock_out_the_owner(ada: Guest) -> None:
    stranger = replace(ada, address="203.0.113.78")

    assert [stranger.login(password="wrong horse").status_code for _ in range(11)] == [401] * 10 + [429]

    assert ada.login().status_code == 200


@pytest.mark.parametrize("form", ["::ffff:203.0.{}.{}", "203.0.{}.{}:443", "64:ff9b::203.0.{}.{}"])
def test_customers_of_one_proxy_are_counted_alone(build: Callable[..., Stack], form: str) -> None:
    stack = build(Settings(log_level="ERROR", trusted_proxies=1))

    def status(number: int) -> int:
        body = {"email": f"{number}@example.com", "password": "wrong horse"}
        headers = {"X-Forwarded-For": form.format(number // 250, number % 250)}
        return ask(stack.app, "POST", "/auth/login", headers=headers, **as_json(body)).status_code

    assert {status(number) for number in range(104)} == {401}


def test_unknown_address_is_logged_and_shared_by_nobody(ada: Guest) -> None:
    nowhere = replace(ada, address="unknown")

    with capture_logs() as lines:
        statuses = {nowhere.login(email=f"{number}-{ada.email}").status_code for number in range(104)}

    assert statuses == {401}
    assert "client_address.not_parsed" in {line["event"] for line in lines}
