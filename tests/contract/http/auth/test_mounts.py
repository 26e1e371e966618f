"""Mount point of /auth: present once with the contract `ostore`, absent otherwise."""

from collections.abc import Callable

import pytest

from orders_flask import Settings, create_app
from orders_flask.settings import InvalidSetting
from tests.contract.http.auth.accounts import welcome
from tests.support.client import ask
from tests.support.service_stack import Stack

AUTH = {"/auth/login", "/auth/refresh", "/auth/logout"}


@pytest.mark.parametrize("prefixes", [("/shop",), ("/shop", "/v2/shop", "/ostore/orders")])
def test_auth_is_mounted_once_at_the_root(build: Callable[..., Stack], prefixes: tuple[str, ...]) -> None:
    stack = build(Settings(mounts={"ostore": prefixes}, database_url="memory://", log_level="ERROR"))

    document = ask(stack.app, "GET", "/openapi.json").json

    assert {path for path in document["paths"] if "auth" in path} == AUTH
    assert welcome(stack).login().status_code == 200


def test_auth_without_ostore_contract_is_404(build: Callable[..., Stack]) -> None:
    stack = build(Settings(mounts={"orders": ("/orders",)}, database_url="memory://", log_level="ERROR"))

    assert [ask(stack.app, "POST", path).status_code for path in AUTH] == [404] * 3


@pytest.mark.parametrize("place", ["/auth", "/auth/login", "/auth/orders"])
@pytest.mark.parametrize("first", [True, False])
def test_conflicting_prefix_stops_startup(place: str, first: bool) -> None:
    mounts = {"orders": (place,), "ostore": ("/ostore/orders",)}
    if not first:
        mounts = dict(reversed(mounts.items()))

    with pytest.raises(InvalidSetting) as refusal:
        create_app(Settings(mounts=mounts, database_url="memory://"))

    assert all(word in str(refusal.value) for word in ("ORDERS_MOUNTS", place, "orders", "ostore"))


def test_openapi_requires_token_for_logout_only(stack: Stack) -> None:
    document = ask(stack.app, "GET", "/openapi.json").json
    paths = document["paths"]

    assert [paths[path]["post"].get("security") for path in ("/auth/login", "/auth/refresh")] == [[], []]
    assert "security" not in paths["/auth/logout"]["post"]  # the default applies
    assert "All operations except login and refresh need a bearer token" in document["info"]["description"]
