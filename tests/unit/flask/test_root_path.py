"""Root path: URLs begin with a valid one of the server or of a trusted proxy, and routes have none."""

from typing import Any

import pytest
from flask import Flask

from orders_flask import Settings, create_app
from orders_flask.web.proxies.root_path import parse, relative_scope
from tests.support.cases import each_case

HOSTILE = (
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "evil.example",
    "/shop\r\nX-Evil: 1",
    "/shop%0d%0a",
    "/..",
    "/shop/../admin",
    "/shop//admin",
    "/./shop",
    "/shop?x=",
    "/shop#x",
    '/"><script>',
    "/s h",
    "/\N{LATIN SMALL LETTER SHARP S}",
    "/" + "a" * 200,
)


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app(Settings(database_url="memory://", trusted_proxies=1, log_level="ERROR"))


def served_at(app: Flask, **environment: str) -> str:
    document: Any = app.test_client().get("/openapi.json", environ_overrides=environment).json
    return str(document["servers"][0]["url"])


@pytest.mark.parametrize(("text", "path"), [("", ""), ("/", ""), ("/shop", "/shop"), ("/eu/~a.b-c_1/", "/eu/~a.b-c_1")])
def test_root_path_is_parsed(text: str, path: str) -> None:
    assert parse(text) == path


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_root_path_is_ignored(app: Flask, text: str) -> None:
    with pytest.raises(ValueError, match="must be like /shop"):
        parse(text)

    assert served_at(app, HTTP_X_FORWARDED_PREFIX=text) == "/"
    assert served_at(app, SCRIPT_NAME=text) == "/"
    assert served_at(app, HTTP_X_FORWARDED_PREFIX=text, SCRIPT_NAME="/shop") == "/shop"
    assert relative_scope({"root_path": text, "path": "/orders/"})["root_path"] == ""


@pytest.mark.parametrize(
    ("forwarded", "url"), [("/shop", "/shop"), ("/shop/", "/shop"), ("/far, /near", "/near"), (" ", "/own")]
)
def test_prefix_of_the_nearest_proxy_counts(app: Flask, forwarded: str, url: str) -> None:
    assert served_at(app, HTTP_X_FORWARDED_PREFIX=forwarded, SCRIPT_NAME="/own") == url


def test_prefix_of_an_untrusted_proxy_is_ignored() -> None:
    alone = create_app(Settings(database_url="memory://", log_level="ERROR"))

    assert served_at(alone, HTTP_X_FORWARDED_PREFIX="/shop") == "/"
    assert served_at(alone, SCRIPT_NAME="/shop") == "/shop"


@each_case(
    ("root_path", "path", "expected"),
    [
        ("/shop", "/shop/orders/", ("/shop", "/orders/")),
        ("/shop", "/orders/", ("/shop", "/orders/")),
        ("/shop/", "/shop/orders/", ("/shop", "/orders/")),
        ("/shop", "/shop", ("/shop", "/")),
        ("/shop", "/shopper/1", ("/shop", "/shopper/1")),
        ("/shop", "/shop/shop/1", ("/shop", "/shop/1")),
        ("", "/orders/", ("", "/orders/")),
        ("/größe", "/größe/orders/", ("", "/orders/")),
    ],
)
def test_path_of_a_scope_is_below_the_root_path(root_path: str, path: str, expected: tuple[str, str]) -> None:
    scope: dict[str, Any] = relative_scope({"root_path": root_path, "path": path})

    assert (scope["root_path"], scope["path"]) == expected
