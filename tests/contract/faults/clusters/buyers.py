"""Buyers who repeat each order with its key until it is acknowledged, and a reader of the event feed."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count, pairwise
from typing import Any
from urllib.parse import quote

from orders_domain.model.accounts.actor import Role
from orders_flask import bootstrap
from orders_flask.settings import Settings
from tests.contract.faults.load import Answer, Customer, Gone, in_threads
from tests.contract.faults.service import Service, Web
from tests.support.secrets import JWT_SECRET
from tests.support.servers.ephemeral.server import HOST

PATH = "/api/v1/orders/"
HOME = {f"shipping_{part}": "x" for part in ("address_line1", "city", "state", "postal_code", "country")}
BODY = HOME | {"order_items": [{"product_id": 1, "quantity": 2}, {"product_id": 2, "quantity": 1}]}
GIVING_UP_SECONDS = 40
STOCK = 1_000_000


def stock(service: Service) -> None:
    """Import the two products that the buyers order."""
    products = service.directory / "products.jsonl"
    lines = [{"name": name, "sku": name, "price": 12.5, "stock_quantity": STOCK} for name in ("LAMP", "DESK")]
    products.write_text("".join(json.dumps(line) + "\n" for line in lines))
    service.run("products", "import", str(products))


@dataclass
class Purchases:
    """The acknowledged order of each key, with the time; and every other status that was answered."""

    orders: dict[str, str] = field(default_factory=dict)
    times: dict[str, float] = field(default_factory=dict)
    others: list[Answer] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def record(self, key: str, answer: Answer) -> bool:
        """Return whether the order is acknowledged."""
        with self._lock:
            if answer.status != 200:
                self.others.append(answer)
                return False
            self.orders[key], self.times[key] = str(answer.body["order_id"]), time.monotonic()
            return True

    @property
    def pause(self) -> float:
        """The longest time in seconds in which no order was acknowledged."""
        times = sorted(self.times.values())
        return max(later - earlier for earlier, later in pairwise(times))

    def require_unavailable_only(self) -> None:
        """Check that every response that was no success was 503 with Retry-After."""
        assert {answer.status for answer in self.others} <= {503}, [a for a in self.others if a.status != 503][:3]
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in self.others)


def buy(customer: Customer, purchases: Purchases, key: str) -> None:
    """Repeat one order until it is acknowledged."""
    deadline = time.monotonic() + GIVING_UP_SECONDS
    while time.monotonic() < deadline:
        try:
            if purchases.record(key, customer.post_with_key(PATH, BODY, key=key)):
                return
        except Gone:
            pass
        time.sleep(0.05)
    raise AssertionError(f"{key} was not acknowledged within {GIVING_UP_SECONDS} s")


@contextmanager
def buying(service: Service, web: Web, *, buyers: int = 6) -> Iterator[Purchases]:
    """Place orders until the block ends, and then finish those that were begun."""
    purchases = Purchases()

    def live(number: int, enough: threading.Event) -> None:
        with closing(Customer(service, web, f"buyer-{number}")) as customer:
            for place in count(1):
                if enough.is_set():
                    return
                buy(customer, purchases, f"key-{number}-{place}")

    with in_threads(live, number=buyers, patience=GIVING_UP_SECONDS + 30):
        yield purchases


class FeedReader:
    """A reader of the event feed, which reads on from its stored cursor after every error."""

    def __init__(self, web: Web, *, after: str | None = None) -> None:
        settings = Settings(jwt_secret=JWT_SECRET)
        token = bootstrap.issue_dev_token(settings, subject="reader", role=Role.ADMIN, scopes=(), seconds=3600)
        self._headers = {"Authorization": f"Bearer {token}"}
        self._web = web
        self.after = after
        self.events: list[tuple[str, int]] = []

    def read(self) -> tuple[int, Any]:
        """Read one page, and remember its events and its cursor; return the status and the body."""
        path = "/v1/events?limit=200" + (f"&after={quote(self.after)}" if self.after else "")
        connection = HTTPConnection(HOST, self._web.port, timeout=30)
        try:
            connection.request("GET", path, headers=self._headers)
            response = connection.getresponse()
            status, body = response.status, json.loads(response.read())
        except (OSError, HTTPException) as error:
            return 0, repr(error)
        finally:
            connection.close()
        if status == 200:
            self.events += [(event["subject"], event["orderversion"]) for event in body["data"]]
            self.after = body["next_cursor"]
        return status, body

    def read_to_the_end(self) -> list[tuple[str, int]]:
        """Read until a page is empty; return all events that were read."""
        while True:
            status, body = self.read()
            assert status == 200, body
            if not body["data"]:
                return self.events


@contextmanager
def reading(web: Web) -> Iterator[FeedReader]:
    """A reader from the beginning, until the block ends; it is then to read to the end."""
    reader, statuses = FeedReader(web), set()

    def live(_: int, enough: threading.Event) -> None:
        while not enough.wait(0.1):
            statuses.add(reader.read()[0])

    with in_threads(live):
        yield reader
    assert statuses <= {200, 503}, statuses
