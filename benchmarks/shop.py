"""The shop that is measured: databases with products and users, the service, the hand path, and their requests."""

import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import redis
from tests.torture.credentials import CART_SECRET, JWT_SECRET, bearer_token, signed_cart
from tests.torture.load.buyers import ADDRESS

from benchmarks.load import exchange, request
from benchmarks.servers import Program, Servers

PRODUCTS, USERS = 1_000, 64
RELAYED, ALONE = "relayed", "alone"
"""The databases of the service that also runs a relay, and of the one that does not."""

_TABLES = ("products", "orders", "order_items", "stock_movements", "order_history", "outbox", "order_words")
_NEW_ID = (
    "(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' "
    "|| left(md5(random()::text), 3) || '8' || left(md5(random()::text), 15))::uuid"
)
"""Like an id of the service, it begins with the time; so the index of ids grows at its end."""
_keys = count(1)


@dataclass(frozen=True, kw_only=True)
class Shop:
    """The running programs, and the environment of each database."""

    servers: Servers
    environments: Mapping[str, Mapping[str, str]]
    relayed: Program
    alone: Program
    hand: Program
    cached: str
    """The id of an order that is in the cache of ``alone``, and of the hand path."""


@contextmanager
def opened(servers: Servers, directory: Path) -> Iterator[Shop]:
    """Migrate and fill the databases, start the programs, and place one order that is then cached."""
    environments = {name: _environment(servers, name) for name in (RELAYED, ALONE)}
    for name, environment in environments.items():
        servers.create_database(name)
        orders_command("migrate", environment=environment)
        _fill(servers.database_url(name))
    with ExitStack() as stack:
        relayed = Program("orders_flask", "serve", environment=environments[RELAYED], directory=directory)
        alone = Program("orders_flask", "serve", "--no-relay", environment=environments[ALONE], directory=directory)
        granian = ("granian", "--interface", "wsgi", "--blocking-threads", "8", "benchmarks.hand:app", "--no-ws")
        hand = Program(*granian, environment=environments[ALONE], path="/bare", directory=directory)
        for program in (relayed, alone, hand):
            stack.enter_context(program)
        cached = _cache_order(servers, alone)
        yield Shop(servers=servers, environments=environments, relayed=relayed, alone=alone, hand=hand, cached=cached)


def orders_command(*words: str, environment: Mapping[str, str], check: bool = True) -> None:
    """Run a command of the service.

    Raises:
        CalledProcessError: it has failed, and ``check`` is set.
    """
    command = [sys.executable, "-m", "orders_flask", *words]
    subprocess.run(command, env=os.environ | environment, check=check, capture_output=True, timeout=600)


def _environment(servers: Servers, name: str) -> Mapping[str, str]:
    return {
        "DATABASE_URL": servers.database_url(name),
        "REDIS_URL": servers.redis.url,
        "RABBITMQ_URL": servers.rabbit.url if servers.rabbit else "",
        "JWT_SECRET": JWT_SECRET,
        "CART_SNAPSHOT_SECRET": CART_SECRET,
    }


def _fill(url: str) -> None:
    """Insert products and users, and create the bare tables: the same columns without an index but the primary key."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO products (sku, name, price_minor, currency, stock_quantity, low_stock_threshold, created_at) "
            "SELECT 'SKU-' || n, 'Product ' || n, 1000 + n, 'USD', 1000000000, 0, now() "
            "FROM generate_series(1, %s) n",
            [PRODUCTS],
        )
        connection.execute(
            "INSERT INTO users (id, created_at) SELECT 'user-' || n, now() FROM generate_series(1, %s) n", [USERS]
        )
        connection.execute("CREATE SCHEMA bare")
        for table in _TABLES:
            connection.execute(f"CREATE TABLE bare.{table} (LIKE public.{table} INCLUDING DEFAULTS INCLUDING IDENTITY)")
        for table in ("products", "orders"):
            connection.execute(f"ALTER TABLE bare.{table} ADD PRIMARY KEY (id)")
        connection.execute("INSERT INTO bare.products OVERRIDING SYSTEM VALUE SELECT * FROM public.products")
        # Of the filled tables only: PostgreSQL plans the checks of foreign keys for the rows that it counted, and reads
        # a table that was empty then from its beginning to its end, until it has counted again.
        connection.execute("ANALYZE public.products, public.users, bare.products")


def count_orders(connection: psycopg.Connection[Any]) -> int:
    ((orders,),) = connection.execute("SELECT count(*) FROM orders").fetchall()
    return int(orders)


def copy_orders(connection: psycopg.Connection[Any], orders: int) -> None:
    """Copy orders with all their rows until there are as many; the events of the copies are waiting.

    The copies have new ids, numbers, keys and times. Orders of a cart or a shipment are not copied, because theirs are
    unique.
    """
    connection.execute("SET synchronous_commit = off")
    number = 0
    while (missing := orders - count_orders(connection)) > 0:
        number += 1
        connection.execute(
            "CREATE TEMP TABLE pairs AS SELECT id AS old, number AS old_number, "  # noqa: S608 - a constant
            f"{_NEW_ID} AS new, nextval('order_numbers') AS number FROM orders "
            "WHERE origin IN ('management', 'orders') ORDER BY number LIMIT %s",
            [missing],
        )
        later = f"+ interval '{number} hours'"
        for table in (*_TABLES[1:], "idempotency_keys"):
            reference = "id" if table == "orders" else "order_id"
            new = {
                reference: "pairs.new",
                "number": "pairs.number",
                "event_id": "gen_random_uuid()",
                "key": "gen_random_uuid()",
                "state": "'waiting'",
                "words": "ts_delete(words, old_number::text) || to_tsvector('simple', pairs.number::text)",
                **{name: f"{name} {later}" for name in ("at", "created_at", "updated_at", "placed_at")},
            }
            query = (
                "SELECT column_name FROM information_schema.columns "
                "WHERE table_schema = 'public' AND table_name = %s AND is_identity = 'NO' ORDER BY ordinal_position"
            )
            names = [name for (name,) in connection.execute(query, [table])]
            values = ", ".join(new.get(name, f'copied."{name}"') for name in names)
            columns = ", ".join(f'"{name}"' for name in names)
            connection.execute(
                f"INSERT INTO {table} ({columns}) SELECT {values} "  # noqa: S608 - names of the database
                f"FROM {table} copied JOIN pairs ON pairs.old = copied.{reference}".encode()
            )
        connection.execute("DROP TABLE pairs")


def _cache_order(servers: Servers, program: Program) -> str:
    user = "user-1"
    placed = json.loads(exchange(program.port, next(creating(user=user))))
    body = b""
    for _ in range(2):  # the first read stores the order in the cache
        body = exchange(program.port, reading(placed["id"], user=user))
    with redis.Redis.from_url(servers.redis.url) as client:
        client.set(f"hand:{placed['id']}", b'%b "1" %b' % (user.encode(), body))
    return str(placed["id"])


@cache
def _token(user: str) -> str:
    return bearer_token(user)


def _users() -> Iterator[str]:
    chance = random.Random(1)
    while True:
        yield f"user-{chance.randint(1, USERS)}"


def _post(path: str, body: Mapping[str, Any], *, user: str, key: str = "") -> bytes:
    headers = f"Idempotency-Key: {key}\r\n" if key else ""
    return request("POST", path, token=_token(user), body=json.dumps(body).encode(), headers=headers)


def placing(path: str, *, products: int = PRODUCTS) -> Iterator[bytes]:
    """Yield requests for orders of three products; with one product, of three units of it."""
    chance = random.Random(2)
    for user in _users():
        chosen = chance.sample(range(1, products + 1), min(3, products))
        items = [{"product_id": product, "quantity": 3 // len(chosen)} for product in chosen]
        yield _post(path, {**ADDRESS, "order_items": items}, user=user)


def creating(*, user: str = "") -> Iterator[bytes]:
    """Yield requests for orders of three items that the client describes."""
    items = [{"sku": f"SKU-{number}", "quantity": 2, "unit_price": 12.5} for number in range(3)]
    for buyer in _users():
        yield _post("/orders/", {"items": items, "total_price": 75.0}, user=user or buyer)


def checking_out() -> Iterator[bytes]:
    """Yield requests for orders of signed carts."""
    for user in _users():
        key = f"cart-{time.time_ns()}-{next(_keys)}"
        yield _post("/api/orders/", {"cartSnapshot": signed_cart(key, user_id=user, quantity=2)}, user=user, key=key)


def shipping() -> Iterator[bytes]:
    """Yield requests of the contract ``ostore`` for three products."""
    chance = random.Random(3)
    for user in _users():
        chosen = chance.sample(range(1, PRODUCTS + 1), 3)
        items = [{"productID": product, "quantity": 1} for product in chosen]
        yield _post("/ostore/orders/", {"userID": user, "orderItems": items}, user=user)


def repeating(port: int) -> Iterator[bytes]:
    """Place an order with a key, and yield its request again and again."""
    items = [{"sku": "A", "quantity": 2, "unit_price": 12.5}]
    again = _post("/orders/", {"items": items, "total_price": 25.0}, user="user-1", key=f"key-{next(_keys)}")
    exchange(port, again)
    while True:
        yield again


def reading(order_id: str, *, user: str = "user-1", path: str = "/orders") -> bytes:
    return request("GET", f"{path}/{order_id}", token=_token(user))


def for_pgbench(sql: str) -> str:
    """Return the statement for pgbench, with random products and a random user in place of its parameters."""
    drawn = "".join(f"\\set p{n} random({n * 333 + 1}, {n * 333 + 333})\n" for n in range(3))
    values = {"ids": "ARRAY[:p0, :p1, :p2]", "quantities": "ARRAY[1, 1, 1]", "user": "'user-' || :u"}
    statement = re.sub(r"%\((\w+)\)s", lambda match: f"({values[match[1]]})", sql)
    return f"{drawn}\\set u random(1, {USERS})\n{statement.strip()};\n"
