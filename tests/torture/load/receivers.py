"""Webhook receivers: they verify each request, and answer it, refuse it, hang or cut the connection."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, Self

from standardwebhooks import Webhook, WebhookVerificationError

from tests.torture.client import HOST, Client
from tests.torture.credentials import bearer_token
from tests.torture.load.shared import Shared
from tests.torture.log import Delivery, Endpoint

PAYMENTS = ("orders.payment_recorded.v1", "orders.refund_requested.v1", "orders.refund_settled.v1")
STATUSES = ("orders.order_status_changed.v1", "orders.order_canceled.v1")
SELECTIONS: Sequence[tuple[str, Sequence[str] | None, bool]] = (
    ("receiver-1", None, True),
    ("receiver-2", STATUSES, False),
    ("receiver-3", PAYMENTS, True),
)
"""By receiver: the types that it selects, and whether it wants the events of an order in their order."""

FAILURES = 0.015  # share of requests that are not answered 200
KINDS_OF_FAILURE = (*("500", "cut") * 6, *("503",) * 2, *("hang",) * 3, "hang long")
HANG_SECONDS = (0.2, 1.0)
LONG_HANG_SECONDS = 11.0  # longer than an attempt


class Receivers:
    """`with Receivers(...) as receivers`, then `register` their endpoints; `behave` ends all failures."""

    def __init__(self, shared: Shared, *, seed: int) -> None:
        self._shared = shared
        self._behaved = threading.Event()
        self._closing = threading.Event()
        self._receivers = [
            _Receiver(name, Random(f"{seed} {name}"), self._behaved, self._closing, shared.deliveries)
            for name, _, _ in SELECTIONS
        ]

    def __enter__(self) -> Self:
        for receiver in self._receivers:
            threading.Thread(target=receiver.serve_forever, args=(0.1,), name=receiver.name, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        for receiver in self._receivers:
            receiver.shutdown()
            receiver.server_close()

    def register(self) -> None:
        client, token = Client(self._shared.port), bearer_token("administrator-0", role="admin")
        for receiver, (name, types, ordered) in zip(self._receivers, SELECTIONS, strict=True):
            url = f"http://{HOST}:{receiver.server_address[1]}/{name}"
            body = {"url": url, "ordered": ordered} | ({"types": types} if types else {})
            response = client.send("POST", "/v1/webhooks/", body, token=token)
            if response.status != 201:
                raise RuntimeError(f"an endpoint was not added: {response}")
            receiver.verifier = Webhook(response.body["secret"])
            endpoint = Endpoint(id=response.body["id"], name=name, types=types, ordered=ordered)
            self._shared.endpoints.append(endpoint)
        client.close()

    def behave(self) -> None:
        """Answer every request 200 from now on."""
        self._behaved.set()


class _Receiver(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    verifier: Webhook

    def __init__(
        self,
        name: str,
        chance: Random,
        behaved: threading.Event,
        closing: threading.Event,
        deliveries: list[Delivery],
    ) -> None:
        super().__init__((HOST, 0), _Handler)
        self.name = name
        self.deliveries = deliveries
        self._chance = chance
        self._behaved = behaved
        self._closing = closing
        self._lock = threading.Lock()

    def next_failure(self) -> str | None:
        with self._lock:
            if self._behaved.is_set() or self._chance.random() >= FAILURES:
                return None
            return self._chance.choice(KINDS_OF_FAILURE)

    def hang(self, failure: str) -> None:
        seconds = LONG_HANG_SECONDS if failure == "hang long" else self._chance.uniform(*HANG_SECONDS)
        self._closing.wait(seconds)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a killed process closes its connections."""


class _Handler(BaseHTTPRequestHandler):
    server: _Receiver

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:
            return  # the sender was killed meanwhile
        headers = {name.lower(): value for name, value in self.headers.items()}
        failure = self.server.next_failure()
        status = int(failure) if failure and failure.isdigit() else None if failure else 200
        self.server.deliveries.append(
            Delivery(
                receiver=self.server.name,
                id=headers["webhook-id"],
                body=body.decode(),
                status=status,
                flaw=_flaw(partial(self.server.verifier.verify, body, headers)),
            )
        )
        if failure and "hang" in failure:
            self.server.hang(failure)
        if status is not None:
            with suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
        self.close_connection = True

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the name of the base class
        """Log nothing."""


def _flaw(verify: Any) -> str | None:
    try:
        verify()
    except WebhookVerificationError as error:
        return str(error)
    return None
