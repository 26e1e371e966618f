"""CORS_ORIGINS: pages of listed origins may call every route and read every response, and other pages none."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from orders_domain.errors import StoreUnavailable
from orders_flask import Settings
from orders_flask.web import cors
from orders_flask.web.admission import AdmissionMiddleware
from orders_flask.web.json_parser import MAX_BODY_BYTES
from tests.support.client import TEA, Answer, ask
from tests.support.service_stack import Stack

SHOP, OTHER = "https://shop.example", "http://localhost:8080"
STRANGERS = ("https://evil.example", "http://shop.example", "https://shop.example:444", "https://SHOP.example", "null")
SETTINGS = Settings(database_url="memory://", cors_origins=f"{SHOP}, {OTHER}")
TOO_LARGE = b" " * (MAX_BODY_BYTES + 2)
READABLE_BY_ALL = {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified"}
NOT_FOR_SCRIPTS = {
    *("vary", "x-content-type-options", "content-security-policy", "date"),
    *("referrer-policy", "set-cookie", "x-frame-options"),  # of the console
}


@pytest.fixture
def shop(build: Callable[..., Stack]) -> Stack:
    return build(SETTINGS)


def routes(stack: Stack) -> Iterator[tuple[str, str]]:
    """A method and a path of every route."""
    for rule in stack.app.url_map.iter_rules():
        path = re.sub("<[^>]+>", "7", rule.rule)
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            yield method, path


def require_readable(answer: Answer, *, origin: str = SHOP) -> None:
    """Check that a page of the origin may read the response and every header that the service documents."""
    assert answer.headers.getlist("Access-Control-Allow-Origin") == [origin], answer.request.path
    assert "Origin" in answer.headers.getlist("Vary")
    assert "Access-Control-Allow-Credentials" not in answer.headers
    exposed = {name.strip().lower() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
    unread = {name.lower() for name, _ in answer.headers if not name.startswith("Access-Control-")}
    assert unread <= exposed | READABLE_BY_ALL | NOT_FOR_SCRIPTS, answer.request.path


def test_every_route_has_preflight_and_readable_responses(shop: Stack) -> None:
    seen = set()

    for method, path in routes(shop):
        asked = {"Origin": SHOP, "Access-Control-Request-Method": method}
        preflight = ask(shop.app, "OPTIONS", path, headers=asked)
        answer = ask(shop.app, method, path, headers={"Origin": SHOP})

        assert (preflight.status_code, preflight.data) == (204, b""), path
        require_readable(preflight)
        require_readable(answer)
        assert method in preflight.headers["Access-Control-Allow-Methods"].split(", ")
        seen.add(answer.status_code)

    assert seen >= {200, 401}


def test_preflight_allows_every_header_of_the_document(shop: Stack) -> None:
    document = ask(shop.app, "GET", "/openapi.json").json
    asked = {"Origin": OTHER, "Access-Control-Request-Method": "POST"}

    preflight = ask(shop.app, "OPTIONS", "/orders/", headers=asked)

    allowed = set(preflight.headers["Access-Control-Allow-Headers"].split(", "))
    documented = {
        parameter["name"]
        for item in document["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "header"
    }
    assert documented | {"Authorization", "Content-Type"} <= allowed
    assert preflight.headers["Access-Control-Allow-Origin"] == OTHER


def test_errors_are_readable(shop: Stack, build: Callable[..., Stack]) -> None:
    limited = build(replace(SETTINGS, rate_limit="1/hour"))
    ann, bob = shop.caller(), limited.caller()
    order = ann.post({"items": [TEA], "total_price": 75}, Origin=SHOP, **{"Idempotency-Key": "once"})
    bob.get({"id": "0"})

    answers = {
        201: order,
        200: ann.get(order.json, Origin=SHOP),
        304: ann.get(order.json, Origin=SHOP, **{"If-None-Match": order.headers["ETag"]}),
        400: ann.ask("POST", "/orders/", data=b"{", content_type="application/json", headers={"Origin": SHOP}),
        403: ann.ask("GET", "/orders/user/bob", headers={"Origin": SHOP}),
        404: ann.ask("GET", "/nowhere", headers={"Origin": SHOP}),
        405: ann.ask("PUT", f"/orders/{order.json['id']}", headers={"Origin": SHOP}),
        413: ann.ask("POST", "/orders/", headers={"Origin": SHOP}, data=TOO_LARGE, content_type="application/json"),
        415: ann.ask("POST", "/orders/", headers={"Origin": SHOP}, data=b"x", content_type="text/plain"),
        422: ann.post({}, Origin=SHOP),
        429: bob.get({"id": "0"}, Origin=SHOP),
    }
    with failing(shop, StoreUnavailable("It is away.")):
        answers[503] = ann.ask("GET", f"/orders/user/{ann.subject}", headers={"Origin": SHOP})
    with failing(shop, RuntimeError("a defect")):
        answers[500] = ann.ask("GET", f"/orders/user/{ann.subject}", headers={"Origin": SHOP})

    for status, answer in answers.items():
        assert answer.status_code == status, answer.text
        require_readable(answer)


@contextmanager
def failing(stack: Stack, error: Exception) -> Iterator[None]:
    """Let every list of orders raise the error."""

    def broken(*_: object, **__: object) -> Any:
        raise error

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(stack.container.store().queries), "search", broken)
        yield


def test_other_origins_and_other_clients_get_no_access(shop: Stack) -> None:
    without = ask(shop.app, "GET", "/orders/7")
    assert "Access-Control-Allow-Origin" not in without.headers
    assert without.headers["Vary"] == "Origin"

    for stranger in STRANGERS:
        asked = {"Origin": stranger, "Access-Control-Request-Method": "POST"}
        for method in ("OPTIONS", "GET"):
            answer = ask(shop.app, method, "/orders/7", headers=asked)
            assert answer.status_code == 401, stranger
            assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")]
            assert answer.headers["Vary"] == "Origin"


def test_nothing_is_allowed_by_default(build: Callable[..., Stack]) -> None:
    stack = build(Settings(database_url="memory://"))
    asked = {"Origin": SHOP, "Access-Control-Request-Method": "GET"}

    answers = [ask(stack.app, "OPTIONS", "/orders/7", headers=asked), ask(stack.app, "GET", "/", headers=asked)]

    for answer in answers:
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")]
    assert answers[0].status_code == 401


def test_preflights_are_not_counted_by_the_request_limit(build: Callable[..., Stack]) -> None:
    limited = build(replace(SETTINGS, rate_limit="2/hour"))
    asked = {"Origin": SHOP, "Access-Control-Request-Method": "GET"}

    statuses = [ask(limited.app, "OPTIONS", "/orders/7", headers=asked).status_code for _ in range(4)]

    assert statuses == [204] * 4
    assert limited.caller().get({"id": "7"}).status_code == 404


def exchange(application: Any, method: str = "GET", **headers: str) -> tuple[int, list[tuple[bytes, bytes]]]:
    """The status and the headers of an ASGI application's response."""
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": "/orders/7",
        "query_string": b"",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(application(scope, receive, send))
    return sent[0]["status"], sent[0]["headers"]


def test_responses_in_front_of_flask_are_readable(shop: Stack) -> None:
    async def refusing(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 503, "headers": [(b"retry-after", b"1")]})
        await send({"type": "http.response.body", "body": b"busy"})

    policy = cors.Cors(origins=SETTINGS.allowed_origins)
    complete = cors.around_asgi(AdmissionMiddleware(shop.app, threads=1), policy)

    assert (b"access-control-allow-origin", SHOP.encode()) in exchange(cors.around_asgi(refusing, policy), origin=SHOP)[
        1
    ]
    assert exchange(cors.around_asgi(refusing, policy))[1] == [(b"retry-after", b"1"), (b"vary", b"Origin")]
    status, headers = exchange(complete, origin=SHOP)
    assert status == 401
    for name in (b"access-control-allow-origin", b"access-control-expose-headers", b"vary"):
        assert [present.lower() for present, _ in headers].count(name) == 1
    preflight = exchange(complete, "OPTIONS", origin=SHOP, access_control_request_method="PATCH")
    assert preflight[0] == 204
    assert any(name == b"access-control-allow-methods" and b"PATCH" in value for name, value in preflight[1])
