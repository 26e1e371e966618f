"""ORDERS_MOUNTS: the prefixes of each contract."""

from collections.abc import Callable

import pytest

from orders_flask import Settings, create_app
from orders_flask.settings import InvalidSetting
from tests.support.client import TEA, ask, refused
from tests.support.service_stack import Stack


@pytest.fixture
def twice(build: Callable[..., Stack]) -> Stack:
    return build(Settings(mounts={"orders": ("/v2/orders", "/shop")}, log_level="ERROR"))


def test_contract_is_served_under_each_prefix(twice: Stack) -> None:
    ann = twice.caller()
    placed = {
        prefix: ann.post({"items": [TEA], "total_price": 75}, path=f"{prefix}/") for prefix in ("/v2/orders", "/shop")
    }

    for prefix, response in placed.items():
        order = response.json
        assert response.headers["Location"] == f"{prefix}/{order['id']}"
        for other in placed:
            assert ann.ask("GET", f"{other}/{order['id']}").json == order
            assert len(ann.ask("GET", f"{other}/user/{ann.subject}").json) == 2
            assert ann.post({"items": [TEA], "total_price": 75.01}, path=other).status_code == 422


def test_unmounted_prefix_is_404(twice: Stack) -> None:
    ann = twice.caller()

    for path in ("/orders", "/orders/", "/v2/", "/v2", "/shopping", "/orders/user/ann"):
        refused(ann.ask("GET", path), 404)


def test_openapi_lists_every_prefix(twice: Stack) -> None:
    paths = ask(twice.app, "GET", "/openapi.json").json["paths"]

    assert {path.rpartition("/orders")[0] + "/" for path in paths if "v2" in path} == {"/v2/"}
    assert len([path for path in paths if path.startswith("/shop")]) == 4
    assert len([path for path in paths if path.startswith("/v2/orders")]) == 4


def test_next_link_uses_the_requested_prefix(twice: Stack) -> None:
    ann = twice.caller()
    for _ in range(2):
        ann.post({"items": [TEA], "total_price": 75}, path="/shop")

    link = ann.ask("GET", f"/shop/user/{ann.subject}?limit=1").headers["Link"]

    assert link.startswith(f"</shop/user/{ann.subject}?")


@pytest.mark.parametrize(
    ("mounts", "named"),
    [
        ({"orders": ("/a", "/a")}, ["ORDERS_MOUNTS", "/a", "orders"]),
        ({"orders": ("/a",), "checkout": ("/b", "/a")}, ["ORDERS_MOUNTS", "/a", "orders", "checkout"]),
        ({"bazaar": ("/a",)}, ["ORDERS_MOUNTS", "bazaar", "orders"]),
        ({"orders": ("a",)}, ["ORDERS_MOUNTS", "'a'", "orders"]),
        ({"orders": ("/a/",)}, ["ORDERS_MOUNTS", "/a/", "orders"]),
        ({"orders": ("",)}, ["ORDERS_MOUNTS", "''", "orders"]),
        ({"orders": ("/<x>",)}, ["ORDERS_MOUNTS", "/<x>", "orders"]),
        ({"orders": ("/a b",)}, ["ORDERS_MOUNTS", "/a b", "orders"]),
    ],
)
def test_invalid_mounts_stop_startup(
    mounts: dict[str, tuple[str, ...]], named: list[str], tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))

    with pytest.raises(InvalidSetting) as refusal:
        create_app(Settings(mounts=mounts))

    assert "\n" not in str(refusal.value)
    assert all(name in str(refusal.value) for name in named)
