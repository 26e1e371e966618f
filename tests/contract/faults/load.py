"""Load generator: customers over HTTP, and all responses that they received."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

from tests.contract.faults.service import Service, Web
from tests.support.servers.ephemeral.server import HOST

TEA = {"items": [{"sku": "tea", "quantity": 2, "unit_price": 37.5}], "total_price": 75.0}


class Gone(Exception):
    """The connection ended without a response."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A response and its latency in seconds."""

    status: int
    headers: dict[str, str]
    body: Any
    seconds: float


class Customer:
    """A customer with one connection, used by one thread."""

    def __init__(self, service: Service, web: Web, subject: str = "ada") -> None:
        self._token = service.token(subject)
        self._connection = HTTPConnection(HOST, web.port, timeout=30)

    def place(self) -> Answer:
        return self.ask("POST", "/orders/", TEA)

    def post_with_key(self, path: str, body: object, *, key: str) -> Answer:
        """Send a request with an idempotency key."""
        return self.ask("POST", path, body, {"Idempotency-Key": key})

    def change(self, order_id: str, status: str, **headers: str) -> Answer:
        return self.ask("PATCH", f"/orders/{order_id}", {"status": status}, headers)

    def get(self, order_id: str) -> Answer:
        return self.ask("GET", f"/orders/{order_id}")

    def sign_out(self) -> Answer:
        """Revoke the customer's token."""
        return self.ask("POST", "/auth/logout")

    def close(self) -> None:
        self._connection.close()

    def ask(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Answer:
        began = time.monotonic()
        everything = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", **(headers or {})}
        try:
            self._connection.request(method, path, None if body is None else json.dumps(body), everything)
            response = self._connection.getresponse()
            received = response.read()
            is_json = "json" in response.getheader("Content-Type", "")  # a proxy's own response is a page
            answered = json.loads(received or b"null") if is_json else received.decode()
        except (OSError, HTTPException) as error:
            self._connection.close()
            raise Gone(repr(error)) from error
        return Answer(
            status=response.status,
            headers={name.lower(): value for name, value in response.getheaders()},
            body=answered,
            seconds=time.monotonic() - began,
        )


@dataclass
class Acknowledged:
    """The order versions that the service has acknowledged, and all responses."""

    versions: dict[str, int] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    unanswered: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def record(self, answer: Answer) -> Answer:
        with self._lock:
            self.answers.append(answer)
            if answer.status in (200, 201):
                known = self.versions.get(answer.body["id"], 0)
                self.versions[answer.body["id"]] = max(known, answer.body["version"])
        return answer

    def nobody_answered(self) -> None:
        with self._lock:
            self.unanswered += 1

    @property
    def statuses(self) -> set[int]:
        return {answer.status for answer in self.answers}

    @property
    def slowest(self) -> float:
        return max(answer.seconds for answer in self.answers)


@contextmanager
def busy(
    service: Service, web: Web, life: Callable[[Customer, Acknowledged], object], *, customers: int
) -> Iterator[Acknowledged]:
    """Run the scenario in a loop for each customer until the block ends; errors of the customers are raised."""
    acknowledged = Acknowledged()

    def live(_: int, enough: threading.Event) -> None:
        with closing(Customer(service, web)) as customer:
            while not enough.is_set():
                try:
                    life(customer, acknowledged)
                except Gone:
                    acknowledged.nobody_answered()
                    enough.wait(0.05)

    with in_threads(live, number=customers):
        yield acknowledged


@contextmanager
def in_threads(
    live: Callable[[int, threading.Event], object], *, number: int = 1, patience: float = 60
) -> Iterator[None]:
    """Run a function in so many threads until the block ends, which sets its event; then raise its first error.

    The function gets the number of its thread, and has so many seconds to end.
    """
    enough, errors = threading.Event(), list[BaseException]()

    def run(place: int) -> None:
        try:
            live(place, enough)
        except BaseException as error:  # noqa: BLE001 - raised again below, in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(number)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        enough.set()
        for thread in threads:
            thread.join(patience)
    if errors:
        raise errors[0]
    assert not any(thread.is_alive() for thread in threads), "a request did not end"


def place_pay_and_ship(customer: Customer, acknowledged: Acknowledged) -> None:
    """Place, pay and ship an order, and read it after each step; a failed step ends the scenario."""
    placed = acknowledged.record(customer.place())
    if placed.status != 201:
        time.sleep(0.02)
        return
    for status in ("PAID", "SHIPPED"):
        acknowledged.record(customer.change(placed.body["id"], status))
        acknowledged.record(customer.get(placed.body["id"]))
    time.sleep(0.02)
