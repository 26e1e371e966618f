"""Subjects of the benchmark: the service's operations, and the limits beside them."""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg

from benchmarks import shop as shops
from benchmarks.hand import PLACING
from benchmarks.load import CONNECTIONS, drive
from benchmarks.machine import Meter, Usage
from benchmarks.servers import Program, pid_of
from benchmarks.shop import ALONE, RELAYED, Shop

QUIET = 0.15
"""The share of the machine that others may take while a rate is measured."""

DRAIN_SECONDS = 60
LEAST_ORDERS = 40
"""Orders of each connection of pgbench, so that connecting and planning are a small part."""

EXPORTED = 50_000
"""Orders of an export, so that the start of the command is a small part; those that were not placed are copies."""

PRODUCTS_A_SECOND = 20_000
"""New products of an import, for each second of a measurement."""

_files = count(1)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One measurement of a subject: its operations, and what they used."""

    operations: int
    usage: Usage
    program_cpu: float | None = None  # of a program that has ended, in seconds

    @property
    def disturbed(self) -> bool:
        return self.usage.others > QUIET

    @property
    def quiet(self) -> bool:
        """Whether the rate counts: not that of a program that was started for the measurement, or beside others."""
        return self.usage.others <= QUIET and self.program_cpu is None

    @property
    def rate(self) -> float:
        return self.operations / self.usage.seconds

    def cpu(self, *names: str) -> float:
        """Return the CPU microseconds of an operation, in all processes or in the named ones."""
        used = dict(self.usage.cpu) | ({} if self.program_cpu is None else {"program": self.program_cpu})
        return sum(value for name, value in used.items() if not names or name in names) * 1e6 / self.operations


Run = Callable[[float], tuple[int, float | None]]
"""Performs the operation for some seconds; returns the number of operations, and the CPU seconds of its program."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Something that is measured in every round."""

    key: str
    title: str
    run: Run
    meter: Meter

    def measure(self, seconds: float) -> Sample:
        stop = self.meter.start()
        operations, program_cpu = self.run(seconds)
        return Sample(operations=max(operations, 1), usage=stop(), program_cpu=program_cpu)


def subjects(shop: Shop) -> list[Subject]:
    """Return all subjects, each beside the one that it is compared with."""
    return [*_http_subjects(shop), *_statement_subjects(shop), *_relay_subjects(shop), *_command_subjects(shop)]


def _http_subjects(shop: Shop) -> Iterator[Subject]:
    path = "/api/v1/orders/"
    for key, title, program, requests in (
        ("place", "place an order of 3 products", shop.alone, lambda: shops.placing(path)),
        ("place.relayed", "the same, and publish its events", shop.relayed, lambda: shops.placing(path)),
        ("place.hand", "hand path: the same rows in one round trip", shop.hand, lambda: shops.placing("/place")),
        ("hot", "place orders for one product", shop.alone, lambda: shops.placing(path, products=1)),
        ("hot.relayed", "the same, and publish its events", shop.relayed, lambda: shops.placing(path, products=1)),
        ("hot.hand", "hand path: orders for one product", shop.hand, lambda: shops.placing("/place", products=1)),
        ("create", "place an order of 3 described items", shop.alone, shops.creating),
        ("checkout", "place an order of a signed cart", shop.alone, shops.checking_out),
        ("ostore", "place an order of 3 products that is shipped", shop.alone, shops.shipping),
        ("replay", "repeat a request with its Idempotency-Key", shop.alone, lambda: shops.repeating(shop.alone.port)),
        ("read", "read a cached order", shop.alone, lambda: iter(lambda: shops.reading(shop.cached), b"")),
        (
            "read.hand",
            "hand path: read a cached order",
            shop.hand,
            lambda: iter(lambda: shops.reading(shop.cached, path="/order"), b""),
        ),
        ("bare", "Flask alone: a route that returns bytes", shop.hand, lambda: iter(lambda: _BARE, b"")),
    ):
        yield Subject(
            key=key, title=title, run=_driving(shop, program, requests), meter=_meter(shop, program=program.get_pid)
        )


_BARE = b"GET /bare HTTP/1.1\r\nHost: localhost\r\n\r\n"


def _driving(shop: Shop, program: Program, requests: Callable[[], Iterator[bytes]]) -> Run:
    def run(seconds: float) -> tuple[int, None]:
        completed = drive(program.port, requests(), seconds=seconds)
        if program is shop.relayed and shop.servers.rabbit:
            _wait_until_published(shop.servers.database_url(RELAYED))
        return completed, None

    return run


def _wait_until_published(url: str) -> None:
    deadline = time.monotonic() + DRAIN_SECONDS
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute("SELECT 1 FROM outbox WHERE state = 'waiting' LIMIT 1").fetchone():
            if time.monotonic() > deadline:
                raise RuntimeError(f"The relay has not published the events within {DRAIN_SECONDS} s.")
            time.sleep(0.02)


def _statement_subjects(shop: Shop) -> Iterator[Subject]:
    if not shutil.which("pgbench"):
        return
    for key, title, schemas in (
        ("statement", "PostgreSQL alone: one statement, the service's tables", "public"),
        ("statement.bare", "PostgreSQL alone: one statement, tables without indexes and constraints", "bare,public"),
    ):
        yield Subject(key=key, title=title, run=_pgbench(shop, schemas), meter=_meter(shop))


def _pgbench(shop: Shop, schemas: str) -> Run:
    def run(seconds: float) -> tuple[int, None]:
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write(shops.for_pgbench(PLACING))
            script.flush()
            each = max(int(seconds * 80), LEAST_ORDERS)
            words = f"pgbench -n -M prepared -c {CONNECTIONS} -t {each} -f {script.name}".split()
            environment = os.environ | {"PGOPTIONS": f"-c search_path={schemas}"}
            url = shop.servers.database_url(ALONE)
            ended = subprocess.run([*words, url], env=environment, check=True, capture_output=True, text=True)
        processed = re.search(r"actually processed: (\d+)", ended.stdout)
        return int(processed[1]) if processed else 0, None

    return run


def _relay_subjects(shop: Shop) -> Iterator[Subject]:
    if not shop.servers.rabbit:
        return
    for key, title in (
        ("relay", "one relay: an event, as two messages"),
        ("relay.pika", "pika alone: one message, confirms pipelined"),
    ):
        yield Subject(key=key, title=title, run=_publishing(shop, key), meter=_meter(shop))


def _publishing(shop: Shop, key: str) -> Run:
    def run(seconds: float) -> tuple[int, float]:
        command = [sys.executable, "-m", "benchmarks.publishing", key, str(seconds)]
        environment = os.environ | shop.environments[ALONE]
        ended = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=120)
        published = json.loads(ended.stdout)
        return published["events"], published["cpu_seconds"]

    return run


def _command_subjects(shop: Shop) -> Iterator[Subject]:
    environment = shop.environments[ALONE]
    url = shop.servers.database_url(ALONE)

    def export(seconds: float) -> int:
        with psycopg.connect(url, autocommit=True) as connection:
            shops.copy_orders(connection, EXPORTED)
        shops.orders_command("export", "-", "--format", "jsonl", environment=environment)
        with psycopg.connect(url) as connection:
            return shops.count_orders(connection)

    def copy(seconds: float) -> int:
        with psycopg.connect(url) as connection, connection.cursor() as cursor:
            query = "COPY (SELECT * FROM orders ORDER BY created_at DESC, id DESC) TO STDOUT"
            with cursor.copy(query) as copied:
                for _ in copied:
                    pass
            return shops.count_orders(connection)

    def add_products(seconds: float) -> int:
        number, products = next(_files), max(int(seconds * PRODUCTS_A_SECOND), 100)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "products.csv"
            lines = (f"NEW-{number}-{n},Product {n},12.50,5" for n in range(products))
            file.write_text("\n".join(["sku,name,price,stock_quantity", *lines]))
            shops.orders_command("products", "import", str(file), environment=environment)
        return products

    yield _command(shop, "export", "orders export, JSON Lines: an order", export)
    yield _command(shop, "export.copy", "COPY of the same rows: an order", copy)
    yield _command(shop, "import", "orders products import: a new product", add_products)
    for words in (("--help",), ("token", "ann"), ("doctor", "--no-data")):

        def start(seconds: float, words: tuple[str, ...] = words) -> int:
            shops.orders_command(*words, environment=environment, check=False)  # doctor reports what is missing
            return 1

        yield _command(shop, f"start.{words[0]}", f"orders {words[0]}", start)


def _command(shop: Shop, key: str, title: str, perform: Callable[[float], int]) -> Subject:
    def run(seconds: float) -> tuple[int, float]:
        before = _children_and_own()
        operations = perform(seconds)
        return operations, _children_and_own() - before

    return Subject(key=key, title=title, run=run, meter=_meter(shop))


def _children_and_own() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _meter(shop: Shop, **programs: Callable[[], int | None]) -> Meter:
    servers: Mapping[str, Callable[[], int | None]] = {
        "PostgreSQL": lambda: pid_of(shop.servers.postgres),
        "Redis": lambda: pid_of(shop.servers.redis),
        "RabbitMQ": lambda: pid_of(shop.servers.rabbit) if shop.servers.rabbit else None,
    }
    return Meter({**servers, **programs})
