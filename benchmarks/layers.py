"""Costs of a request inside the service: microseconds a layer by sampling, and the counts of its round trips.

The timer counts the CPU time of the process, so that other work on the machine does not change the shares. A sample
belongs to the innermost frame of a layer; frames of the interpreter's library belong to the layer that called them.
"""

import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from types import FrameType
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event
from tests.support.servers.redis import round_trips

from benchmarks import shop
from orders_flask import create_app

INTERVAL = 0.001  # seconds of CPU time
PREPARED = 1_000  # requests
WARM_UP = 70  # requests, so that most users have been seen
LAYERS: Mapping[str, tuple[str, ...]] = {
    "psycopg": ("/psycopg/",),
    "SQLAlchemy": ("/sqlalchemy/",),
    "redis": ("/redis/",),
    "marshmallow, webargs": ("/marshmallow/", "/webargs/", "web/fields.py"),
    "Flask, Werkzeug, smorest": ("/flask/", "/werkzeug/", "/flask_smorest/", "/blinker/"),
    "dependency-injector": ("/dependency_injector/",),
    "logging": ("/structlog/", "/logging/__init__.py", "structured_logging.py"),
    "metrics": ("/prometheus_client/", "observability/metrics.py"),
    "tokens": ("/jwt/", "orders_adapters/security/"),
    "domain": ("/orders_domain/",),
    "adapters: SQL": ("orders_adapters/sql/",),
    "adapters: Redis": ("orders_adapters/redis/",),
    "other adapters": ("/orders_adapters/",),
    "web": ("/orders_flask/",),
}


def layer_of(frame: FrameType | None) -> str:
    """Return the layer of the innermost frame that belongs to one."""
    while frame is not None:
        file = frame.f_code.co_filename
        for layer, parts in LAYERS.items():
            if any(part in file for part in parts):
                return layer
        frame = frame.f_back
    return "other"


def profile(perform: Callable[[], None], *, seconds: float) -> tuple[Mapping[str, float], float]:
    """Return the CPU microseconds of an operation by layer, and in all."""
    samples: Counter[str] = Counter()
    signal.signal(signal.SIGPROF, lambda _, frame: samples.update([layer_of(frame)]))
    began, operations = time.process_time(), 0
    signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)
    try:
        while time.process_time() - began < seconds:
            perform()
            operations += 1
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    used = (time.process_time() - began) * 1e6 / operations
    return {layer: used * count / samples.total() for layer, count in samples.most_common()}, used


def performing(app: Flask, requests: Iterator[bytes]) -> Callable[[], None]:
    """Return the function that lets the app answer the next request, without a server.

    Raises:
        RuntimeError: the response is not one of success.
    """
    client = app.test_client()
    prepared = chain(list(islice(requests, PREPARED)), requests)  # because making them is not the service's work

    def perform() -> None:
        head, _, body = next(prepared).partition(b"\r\n\r\n")
        line, *headers = head.decode().split("\r\n")
        method, path, _ = line.split()
        pairs: Any = [header.split(": ", 1) for header in headers]
        response = client.open(path, method=method, data=body, headers=pairs)
        if response.status_code >= 300:
            raise RuntimeError(f"The service has answered {response.data[:600]!r}.")

    return perform


def operations(cached: str) -> Mapping[str, Callable[[], Iterator[bytes]]]:
    """Return the requests of the operations that are profiled."""
    return {
        "place": lambda: shop.placing("/api/v1/orders/"),
        "create": shop.creating,
        "checkout": shop.checking_out,
        "read": lambda: iter(lambda: shop.reading(cached), b""),
    }


def counts(perform: Callable[[], None]) -> tuple[int, int]:
    """Return the statements, and the round trips to Redis, of one operation."""
    statements: list[str] = []

    def record(*arguments: Any) -> None:
        statements.append(arguments[2])

    event.listen(Engine, "before_cursor_execute", record)
    try:
        with round_trips() as trips:
            perform()
    finally:
        event.remove(Engine, "before_cursor_execute", record)
    return len(statements), len(trips)


def main() -> None:
    """Print what each operation costs, as JSON. Arguments: the id of a cached order, and CPU seconds for each."""
    cached, seconds = sys.argv[1], float(sys.argv[2])
    app, costs = create_app(), {}
    for name, requests in operations(cached).items():
        perform = performing(app, requests())
        for _ in range(WARM_UP):
            perform()
        statements, trips = counts(perform)
        layers, used = profile(perform, seconds=seconds)
        costs[name] = {"statements": statements, "trips": trips, "microseconds": used, "layers": layers}
    sys.stdout.write(json.dumps(costs))


if __name__ == "__main__":
    main()
