"""`orders serve` below a path behind nginx, which removes the path, or leaves it in the request."""

import http.client
import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.support.report import for_want_of
from tests.support.server import Served
from tests.support.servers.discovery import Unavailable
from tests.support.servers.ephemeral import ThrowawayNginx
from tests.support.servers.ephemeral.server import HOST

ORIGIN = "https://shop.example"
ORDER = {"items": [{"sku": "tea", "quantity": 1}], "total_price": 1}
TOO_LARGE = b"[" + b" " * (2**20 + 1)

LOCATIONS = """
    client_max_body_size 2m;
    location /shop/ {{ proxy_pass {url}; }}
    location /store/ {{ proxy_pass {url}/; proxy_set_header X-Forwarded-Prefix /store; }}
    location /open/ {{ proxy_pass {url}/; }}
"""
"""The first leaves the path in the request; the second removes it and names it; the third lets clients name it."""


class Site:
    """The service at its addresses behind nginx."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._token = port, token

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict[str, str], str]:
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers |= {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        connection = http.client.HTTPConnection(HOST, self._port, timeout=20)
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            return (
                answer.status,
                {name.lower(): value for name, value in answer.getheaders()},
                answer.read().decode(errors="replace"),
            )
        finally:
            connection.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("served")
    settings = {"TRUSTED_PROXIES": "1", "CORS_ORIGINS": ORIGIN}
    with ExitStack() as until:
        served = until.enter_context(Served(folder, "--root-path", "/shop", **settings))
        try:
            nginx = until.enter_context(ThrowawayNginx(LOCATIONS.format(url=served.url)))
        except Unavailable as why:
            for_want_of("an nginx", why=str(why))
        yield Site(nginx.port, served.token("ann", "--role", "admin"))


@pytest.fixture(params=["/shop", "/store"], ids=["path left", "path removed"])
def below(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_locations_and_links_are_below_the_path(site: Site, below: str) -> None:
    first, second = (site.ask("POST", f"{below}/orders/", ORDER) for _ in range(2))
    assert (first[0], second[0]) == (201, 201), first
    assert first[1]["location"].startswith(f"{below}/orders/"), first
    assert site.ask("GET", first[1]["location"])[0] == 200

    (target,) = re.findall("<([^>]+)>", site.ask("GET", f"{below}/api/v1/orders/?limit=1")[1]["link"])

    assert target.startswith(f"{below}/api/v1/orders/?")
    assert site.ask("GET", target)[0] == 200


def test_deferred_order_is_polled_below_the_path(site: Site, below: str) -> None:
    headers = {"Prefer": "respond-async", "Idempotency-Key": f"later{below}"}
    accepted = site.ask("POST", f"{below}/orders/", ORDER, **headers)
    assert (accepted[0], accepted[1]["location"].partition("/orders/")[0]) == (202, below), accepted
    deadline = time.monotonic() + 20

    while not (answer := json.loads(site.ask("GET", accepted[1]["location"])[2]))["answer"]:
        assert time.monotonic() < deadline, answer
        time.sleep(0.05)

    assert answer["order"].startswith(f"{below}/orders/"), answer


def test_job_is_polled_below_the_path(site: Site, below: str) -> None:
    body = {"order_ids": list(range(1, 102)), "status": "confirmed"}

    accepted = site.ask("POST", f"{below}/api/v1/orders/bulk/status", body, Prefer="respond-async")

    assert accepted[0] == 202, accepted
    assert accepted[1]["location"].startswith(f"{below}/api/v1/"), accepted
    assert site.ask("GET", accepted[1]["location"])[0] == 200


@pytest.mark.parametrize("page", ["/", "/docs", "/docs/"])
def test_pages_load_everything_below_the_path(site: Site, below: str, page: str) -> None:
    _, _, text = site.ask("GET", below + page, Accept="text/html")

    links = [link.partition("#")[0] for link in re.findall(r'(?:href|src)="([^"]+)"', text)]
    links += re.findall(r'"url": "([^"]+)"', text)
    assert f"{below}/openapi.json" in links
    assert {site.ask("GET", link)[0] for link in links} == {200}
    assert all(link.startswith(f"{below}/") for link in links), links


def test_document_names_its_server(site: Site, below: str) -> None:
    document: dict[str, Any] = json.loads(site.ask("GET", f"{below}/openapi.json")[2])

    assert [server["url"] for server in document["servers"]] == [below]
    assert "/orders/" in document["paths"]


def test_admission_sees_the_path_of_the_route(site: Site, below: str) -> None:
    """The event loop answers liveness and preflights, and reads bodies by the limit of their route."""
    liveness = site.ask("GET", f"{below}/healthz")
    assert (liveness[0], liveness[2]) == (200, '{"status":"ok"}')
    assert site.ask("GET", f"{below}/readyz")[0] == 200
    assert site.ask("POST", f"{below}/orders/", TOO_LARGE)[0] == 413
    assert site.ask("POST", f"{below}/nothing", TOO_LARGE)[0] == 404
    preflight = site.ask("OPTIONS", f"{below}/orders/", Origin=ORIGIN, **{"Access-Control-Request-Method": "POST"})
    assert (preflight[0], preflight[1]["access-control-allow-origin"]) == (204, ORIGIN)
    assert site.ask("GET", f"{below}/nothing", Origin=ORIGIN)[1]["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize("prefix", ["//evil.example", "/\\evil.example", "https://evil.example", "/..", "/a%0d%0ab"])
def test_hostile_prefix_of_a_client_is_ignored(site: Site, prefix: str) -> None:
    created = site.ask("POST", "/open/orders/", ORDER, X_Forwarded_Prefix=prefix)

    assert (created[0], created[1]["location"].partition("/orders/")[0]) == (201, "/shop")
    assert "evil" not in site.ask("GET", "/open/docs/", X_Forwarded_Prefix=prefix)[2]
