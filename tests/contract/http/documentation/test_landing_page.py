"""The page at / for browsers, and the tokens that only the demonstration offers at /docs."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from orders_flask import Settings
from orders_flask.settings import InvalidSetting
from tests.support.client import Answer, Caller, ask
from tests.support.production import PRODUCTION
from tests.support.service_stack import Stack

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
SETTINGS = Settings(database_url="memory://", mounts={"orders": ("/v1/orders",), "ostore": ("/shop/orders",)})
JSON = {"service": "orders", "status": "ok"}


def landing(stack: Stack) -> Answer:
    return ask(stack.app, "GET", "/", headers=BROWSER)


def test_browsers_get_a_page_and_others_json(build: Callable[..., Stack]) -> None:
    stack = build(SETTINGS)

    page = landing(stack)

    assert (page.status_code, page.mimetype, page.headers["Vary"]) == (200, "text/html", "Accept")
    for accept in ("*/*", "application/json", "text/html;q=0.5,application/json", "image/png", None):
        other = ask(stack.app, "GET", "/", headers={"Accept": accept} if accept else {})
        assert (other.status_code, other.json, other.headers["Vary"]) == (200, JSON, "Accept"), accept


def test_page_lists_the_mounted_contracts_and_only_local_links(build: Callable[..., Stack]) -> None:
    stack = build(SETTINGS)

    page = landing(stack)

    links = re.findall(r'(?:href|src)="([^"]+)"', page.text)
    assert {"/docs/#/orders", "/docs/#/ostore", "/docs/#/auth"} <= set(links)
    assert "/docs/#/checkout" not in links
    for link in links:
        assert ask(stack.app, "GET", link.partition("#")[0]).status_code == 200, link
    assert re.findall(r"<code>(/[^<]*)</code>", page.text) == ["/v1/orders", "/shop/orders", "/auth"]
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_only_the_demonstration_offers_tokens(build: Callable[..., Stack]) -> None:
    closed, demonstration = build(SETTINGS), build(replace(SETTINGS, demo="on"))

    assert ask(closed.app, "GET", "/docs/demonstration.json").status_code == 404
    assert "demonstration" not in ask(closed.app, "GET", "/docs/").text
    assert "Sign in as" not in landing(closed).text

    offered = ask(demonstration.app, "GET", "/docs/demonstration.json")
    assert offered.headers["Cache-Control"] == "no-store"
    assert offered.json.keys() == {"ann", "admin"}
    for account, token in offered.json.items():
        caller = Caller(app=demonstration.app, subject=account, token=token, orders="/v1/orders")
        assert caller.list().status_code == 200
        assert f'href="/docs/?as={account}"' in landing(demonstration).text
    assert "demonstration.js" in ask(demonstration.app, "GET", "/docs/").text


def test_production_refuses_to_offer_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    from orders_flask import settings

    for name, value in {**PRODUCTION, "ORDERS_DEMO": "on"}.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(InvalidSetting, match="ORDERS_DEMO"):
        settings.load()
