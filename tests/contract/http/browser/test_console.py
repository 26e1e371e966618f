"""An operator's day at the console of the demonstration, in Chromium: each task takes at most three clicks.

A short run does four of the tasks. With `--deep` it does all, lets axe-core judge every page, light and dark, and
looks at the pages at several widths; `TEST_PICTURES` names a folder that gets the pictures of the README.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.contract.http.browser.conftest import password
from tests.support.depth import deep, effort
from tests.support.server import Served
from tests.support.servers import node
from tests.support.servers.browser import Browser

AXE = "axe-core@4.14.1"
MAX_CLICKS = 3
PENDING = 50
WIDTHS = (400, 1000, 1600)
PICTURES = "TEST_PICTURES"


class Receiver(BaseHTTPRequestHandler):
    """A receiver of webhooks, which takes everything."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/orders"
        server.shutdown()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`orders demo` with some orders of the last 60 days."""
    number = 500 if PICTURES in os.environ else effort(12, 150)
    settings = {"DEMO_ORDERS": str(number), "WEBHOOK_ALLOWED_HOSTS": "127.0.0.1"}
    with Served(tmp_path_factory.mktemp("console"), command="demo", **settings) as served:
        yield served


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core; nothing in a short run."""
    if not deep():
        return ""
    folder = node.installed(AXE, within=tmp_path_factory.mktemp("axe")) / "axe-core"
    return (folder / "axe.min.js").read_text(encoding="utf-8")


@dataclass
class Screen:
    """The console in a browser; it counts the clicks of a task."""

    browser: Browser
    shop: Served
    axe: str
    clicks: int = 0

    def open(self, path: str) -> None:
        self.browser.open(f"{self.shop.url}/console{path}")

    def click(self, css: str, text: str = "", *, leaves: bool = True) -> None:
        """Click on the first such element with the text; ``leaves`` says whether it leads to another page."""
        self.clicks += 1
        having = f"(one) => one.textContent.includes({json.dumps(text)})"
        find = f"[...document.querySelectorAll({json.dumps(css)})].find({having})"
        assert self.browser.run(f"Boolean({find})"), (css, text, self.text())
        (self.browser.follow if leaves else self.browser.run)(f"void {find}.click()")

    def fill(self, css: str, value: str) -> None:
        self.browser.run(f"void (document.querySelector({json.dumps(css)}).value = {json.dumps(value)})")

    def text(self) -> str:
        return " ".join(str(self.browser.run("document.querySelector('main').innerText")).split())

    def path(self) -> str:
        return str(self.browser.run("location.pathname"))

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + 30
        while text not in self.text():
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.1)

    def judge(self) -> None:
        """Check the page by axe-core, light and dark, and that it fits the narrowest and the widest window."""
        for dark in (False, True) if self.axe else ():
            self.browser.show_dark(dark=dark)
            found = self.browser.run(
                f"{self.axe}; axe.run({{resultTypes: ['violations']}}).then((all) => all.violations)"
            )
            serious = [
                (one["id"], [each["html"] for each in one["nodes"]][:3])
                for one in found
                if one["impact"] in ("serious", "critical")
            ]
            assert serious == [], (self.path(), dark)
        for width in WIDTHS if self.axe else ():
            self.browser.resize(width, 900)
            assert self.browser.run("document.documentElement.scrollWidth") <= width, (self.path(), width)


@pytest.fixture(scope="module")
def screen(shop: Served, axe: str) -> Iterator[Screen]:
    """A console whose operator has signed in."""
    with Browser() as browser:
        browser.watch()
        screen = Screen(browser, shop, axe)
        screen.open("/")
        screen.judge()
        screen.fill("[name=email]", "admin@example.com")
        screen.fill("[name=password]", password(shop))
        screen.click("button", "Sign in")
        assert screen.path() == "/console/orders"
        yield screen


def sent(shop: Served, path: str, body: object, **headers: str) -> Any:
    """The response of the API to the administrator."""
    with urllib.request.urlopen(f"{shop.url}/docs/demonstration.json") as response:
        token = json.load(response)["admin"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "If-Match": "*", **headers}
    headers.setdefault("Idempotency-Key", os.urandom(8).hex())
    request = urllib.request.Request(f"{shop.url}{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def placed(shop: Served, *, paid: bool = False, **members: Any) -> dict[str, Any]:
    """A new order of three mugs."""
    line = {"title": "Mug", "quantity": 3, "unit_price_minor": 1_000}
    order = sent(shop, "/v1/orders", {"lines": [line], **members})
    if paid:
        fact = {"provider": "till", "reference": order["id"], "kind": "captured", "amount_minor": 3_000}
        order = sent(shop, f"/v1/orders/{order['id']}/payments", fact)
    return dict(order)


def find(screen: Screen) -> None:
    order = placed(screen.shop)
    screen.fill("[name=q]", str(order["number"]))
    screen.click("form.filters button", "Apply")
    assert screen.path() == f"/console/orders/{order['number']}"


def read_the_timeline(screen: Screen) -> None:
    order = placed(screen.shop, tags=["timeline"])
    screen.open("/orders?q=tag:timeline")
    screen.click("td a", f"#{order['number']}")
    assert "Timeline Placed just now by admin" in screen.text()


def confirm_many(screen: Screen) -> None:
    for _ in range(PENDING):
        placed(screen.shop)
    screen.open("/orders")
    screen.clicks = 0
    screen.click(".views a", "To confirm")
    screen.click("#bulk a", f"Select all {PENDING} of this page")
    screen.click("#bulk button", "Confirm")
    screen.wait_for(f"{PENDING} of {PENDING} processed")
    assert "not changed" not in screen.text()


def press_enter_in_the_reason(screen: Screen) -> None:
    """Enter in a field of the selected orders changes none of them, because no action is the default one."""
    placed(screen.shop)
    screen.open("/orders?select=page")
    screen.browser.run("window.events = []")
    for name in ("keydown", "submit"):
        screen.browser.run(f"addEventListener('{name}', (event) => window.events.push(event.type))")
    screen.browser.run("void document.querySelector('#bulk [name=reason]').focus()")
    screen.browser.press_enter()
    assert screen.browser.run("window.events") == ["keydown"]


def filter_by_a_total_without_a_currency(screen: Screen) -> None:
    """The page says what is wrong with a filter that a script has applied."""
    screen.fill("[name=min_total]", "3")
    changed = "new Event('change', {bubbles: true})"
    screen.browser.follow(f"void document.querySelector('[name=min_total]').dispatchEvent({changed})")
    screen.wait_for("A currency must be given with a total.")


def ship_two_of_three(screen: Screen) -> None:
    order = placed(screen.shop)
    screen.open(f"/orders/{order['number']}")
    screen.click("#ship summary", leaves=False)
    screen.fill("#ship-units-1", "2")
    screen.fill("#ship [name=carrier]", "DHL")
    screen.click("#ship button", "Ship")
    assert "Shipped 2 units in parcel 1 (DHL)" in screen.text()
    assert "part shipped" in screen.text()


def refund_a_line(screen: Screen) -> None:
    order = placed(screen.shop, paid=True)
    screen.open(f"/orders/{order['number']}")
    screen.click("#refund summary", leaves=False)
    screen.fill("#refund-units-1", "1")
    screen.fill("#refund [name=reason]", "A scratch")
    screen.click("#refund button", "Ask for the refund")
    assert "10.00 USD: A scratch" in screen.text()


def hold(screen: Screen) -> None:
    screen.open(f"/orders/{placed(screen.shop)['number']}")
    screen.click("#hold summary", leaves=False)
    screen.fill("#hold [name=reason]", "The address")
    screen.click("#hold button", "Hold")
    assert "On hold since just now by admin: The address" in screen.text()


def add_a_note(screen: Screen) -> None:
    screen.open(f"/orders/{placed(screen.shop)['number']}")
    screen.click("#note summary", leaves=False)
    screen.fill("#note [name=text]", "Called; wants it on Friday.")
    screen.click("#note button", "Add the note")
    assert "Called; wants it on Friday. Internal, just now by admin" in screen.text()


def restock(screen: Screen) -> None:
    screen.open("/orders")
    screen.click("nav a", "Stock")
    screen.judge()
    screen.click("td a", "Premium teapot")
    screen.fill("[name=quantity]", "40")
    screen.click("button", "Restock")
    assert "Restocked: 40 units added" in screen.text()


def redeliver(screen: Screen, receiver: str) -> None:
    added = sent(screen.shop, "/v1/webhooks", {"url": receiver, "types": ["orders.order_erased.v1"]})
    sent(screen.shop, f"/v1/webhooks/{added['id']}/test", {})
    screen.open(f"/webhooks/{added['id']}?state=delivered")
    deadline = time.monotonic() + 30
    while "webhook_test" not in screen.text() and time.monotonic() < deadline:
        screen.open(f"/webhooks/{added['id']}?state=delivered")
    screen.open("/orders")
    screen.click("nav a", "Webhooks")
    screen.judge()
    screen.click("td a", receiver)
    screen.judge()
    screen.click("td button", "Redeliver")
    assert "Queued again: 1 delivery." in screen.text()


def export(screen: Screen) -> None:
    screen.open("/orders?status=pending")
    screen.click("a", "Export…")
    screen.judge()
    screen.click("button", "Start the export")
    screen.wait_for("Download the file")
    file = "document.querySelector('a[download]').href"
    assert str(screen.browser.run(f"fetch({file}).then((got) => got.text())")).startswith("order_number,")
    screen.clicks += 1  # on the link, which leads to no page


def see_the_oldest_open(screen: Screen) -> None:
    screen.open("/orders")
    screen.click(".views a", "Oldest open")
    moments = screen.browser.run("[...document.querySelectorAll('td time')].map((one) => one.dateTime)")
    assert moments == sorted(moments)
    assert len(moments) > 5


def sign_out(screen: Screen) -> None:
    screen.open("/orders")
    screen.click("button", "Sign out")
    assert screen.path() == "/console/sign-in"
    screen.open("/orders")
    assert screen.path() == "/console/sign-in"


Task = Callable[[Screen], None]
SHORT: tuple[Task, ...] = (find, press_enter_in_the_reason, ship_two_of_three, sign_out)
TASKS: tuple[Task, ...] = (
    *(find, read_the_timeline, confirm_many, ship_two_of_three, refund_a_line, hold, add_a_note, restock),
    *(export, see_the_oldest_open, press_enter_in_the_reason, filter_by_a_total_without_a_currency),
)


@pytest.mark.timeout(900)  # with axe-core for each page, in Chromium on two cores
def test_operators_day_takes_three_clicks_a_task(screen: Screen, receiver: str) -> None:
    if PICTURES in os.environ:
        take_pictures(screen)
    done: list[Task] = [*TASKS, lambda screen: redeliver(screen, receiver), other_pages, sign_out]
    for task in done if deep() else SHORT:
        screen.open("/orders")
        screen.clicks = 0
        task(screen)
        assert screen.clicks <= MAX_CLICKS, task
        screen.judge()

    assert complaints(screen.browser) == []
    assert hosts(screen.browser) == {urlsplit(screen.shop.url).netloc}


def other_pages(screen: Screen) -> None:
    for path in (
        "/analytics?days=60",
        "/outbox?state=sent",
        "/dead-letters",
        "/health",
        "/orders?tag=none",
        "/orders?min_total=3",
        "/x",
    ):
        screen.open(path)
        screen.judge()


def complaints(browser: Browser) -> list[Any]:
    """The messages of the browser's console, without the statuses of pages that are meant to fail."""
    said = [event for event in browser.recorded if event["method"] != "Network.requestWillBeSent"]
    return [event for event in said if event["params"].get("entry", {}).get("source") != "network"]


def hosts(browser: Browser) -> set[str]:
    """The hosts that the pages have sent requests to."""
    urls = (event["params"]["request"]["url"] for event in browser.recorded if event["method"].startswith("Network"))
    return {urlsplit(url).netloc for url in urls if not url.startswith("data:")}


def take_pictures(screen: Screen) -> None:
    """Write the pictures of the README."""
    time.sleep(10)  # until the past orders are stored
    screen.open("/orders?fulfillment_status=part&payment_status=paid")
    order = screen.browser.run("document.querySelector('td a').pathname")
    for name, path, dark in (
        ("orders", "/orders?status=open&sort=created_at", False),
        ("order", str(order).partition("/console")[2], True),
        ("analytics", "/analytics?days=60", False),
    ):
        screen.browser.show_dark(dark=dark)
        screen.browser.resize(1200, 720)
        screen.open(path)
        screen.browser.picture(Path(os.environ[PICTURES]) / f"console-{name}.png")


def test_output_of_the_demonstration_names_the_console(shop: Served) -> None:
    assert re.search(
        rf"console is at {shop.url}/console; sign in as admin@example.com with the password \w+", shop.output
    )
    with urllib.request.urlopen(urllib.request.Request(shop.url, headers={"Accept": "text/html"})) as page:
        assert "/console/" in page.read().decode()
