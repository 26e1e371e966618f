"""Service under test with its infrastructure, and inspection that bypasses the service."""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from flask import Flask
from sqlalchemy import Engine, event

from orders_adapters.serialization.broker_messages import published_data
from orders_adapters.sql import tables
from orders_domain import Order, Role
from orders_domain.ports.order_cache import OrderCache
from orders_domain.use_cases import RelayResult
from orders_flask import Settings
from orders_flask.app import container_of
from orders_flask.bootstrap.container import Container, close
from tests.support.client import Caller
from tests.support.servers.rabbitmq import RabbitServer

ALICES = (f"alice-{number}" for number in count(1))


@dataclass(frozen=True, kw_only=True)
class Published:
    """Published messages: `tasks` are bodies of the task queue, `news` events of the exchange by routing key.

    `notifications` are the messages for users, without an envelope; `cart_orders` those for source 004, by routing key.
    """

    tasks: list[dict[str, Any]] = field(default_factory=list)
    news: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    notifications: list[dict[str, Any]] = field(default_factory=list)
    cart_orders: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def tasks_of(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        return [task for task in self.tasks if task["order_id"] == order["id"]]

    def news_of(self, order: dict[str, Any]) -> list[str]:
        return [key for key, event in self.news if event["subject"] == order["id"]]

    def users(self) -> set[str]:
        return {task["user_id"] for task in self.tasks}


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The application, and the addresses of its infrastructure."""

    app: Flask
    settings: Settings
    directory: Path
    broker: RabbitServer | None = None
    _inspector: psycopg.Connection[tuple[Any, ...]] | None = field(default=None, init=False, compare=False)
    _commits: sqlite3.Connection | None = field(default=None, init=False, compare=False)

    @property
    def container(self) -> Container:
        return container_of(self.app)

    def caller(self, subject: str | None = None, *, role: Role = Role.CUSTOMER, scopes: tuple[str, ...] = ()) -> Caller:
        """A new caller, unless a subject is given."""
        subject = subject or next(ALICES)
        token = self.container.issue_dev_token(subject=subject, role=role, scopes=scopes, seconds=3600)
        return Caller(app=self.app, subject=subject, token=token)

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """The SQL statements during the block, without SQLite's BEGIN and without those about revoked tokens.

        Statements about revoked tokens depend on time: with Redis the table is read every 300 s, without Redis at each
        request.
        """
        with self._statements(lambda statement: "revoked_tokens" not in statement) as sent:
            yield sent

    @contextmanager
    def statements_about_tokens(self) -> Iterator[list[str]]:
        """The SQL statements about revoked tokens."""
        with self._statements(lambda statement: "revoked_tokens" in statement) as sent:
            yield sent

    @contextmanager
    def _statements(self, matches: Callable[[str], bool]) -> Iterator[list[str]]:
        sent: list[str] = []

        def record(_: Any, __: Any, statement: str, *___: Any) -> None:
            if not statement.startswith("BEGIN") and matches(statement):
                sent.append(statement)

        event.listen(Engine, "before_cursor_execute", record)
        try:
            yield sent
        finally:
            event.remove(Engine, "before_cursor_execute", record)

    @contextmanager
    def transactions(self) -> Iterator[list[str]]:
        """BEGIN, COMMIT and ROLLBACK during the block, in order."""
        seen: list[str] = []
        listeners = {name: (lambda _, name=name: seen.append(name)) for name in ("begin", "commit", "rollback")}
        for name, listener in listeners.items():
            event.listen(Engine, name, listener)
        try:
            yield seen
        finally:
            for name, listener in listeners.items():
                event.remove(Engine, name, listener)

    def cached(self, order: dict[str, Any]) -> Order | None:
        """The cached snapshot of the order."""
        cache: OrderCache = self.container.order_cache()
        return cache.get(UUID(order["id"]))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a statement on a connection outside the service."""
        with self._database() as execute:
            return execute(query)

    def everything(self) -> object:
        """The state of the database, to be compared: two are equal if nothing was committed between them.

        The contents are not read, because they grow with the tests: SQLite counts the commits of others, and each row
        of PostgreSQL has the transaction that wrote it.
        """
        if self.settings.uses_default_database:
            if self._commits is None:
                file = sqlite3.connect(self.directory / "orders.db", check_same_thread=False)
                object.__setattr__(self, "_commits", file)
            assert self._commits is not None
            return self._commits.execute("PRAGMA data_version").fetchone()
        counts = (f"SELECT '{name}', count(*), max(xmin::text::bigint) FROM {name}" for name in tables.metadata.tables)
        return sorted(self.rows(" UNION ALL ".join(counts)))  # parallel workers return large tables in any order

    def contents(self) -> dict[str, Counter[tuple[Any, ...]]]:
        """The rows of each table, unordered."""
        # A row as PostgreSQL prints it, because psycopg's JSON values are not hashable.
        content = "SELECT * FROM {}" if self.settings.uses_default_database else "SELECT t::text FROM {} t"
        with self._database() as execute:
            return {name: Counter(execute(content.format(name))) for name in tables.metadata.tables}

    def empty(self) -> None:
        """Delete all rows; generated numbers restart at 1."""
        with self._database() as execute:
            for table in reversed(tables.metadata.sorted_tables):
                execute(f"DELETE FROM {table.name}")
            numbers = "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"
            execute("DELETE FROM sqlite_sequence" if self.settings.uses_default_database else numbers)

    @contextmanager
    def _database(self) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
        """A connection outside the service, which is kept, because PostgreSQL starts a process for each."""
        if self.settings.uses_default_database:
            with closing(sqlite3.connect(self.directory / "orders.db")) as file, file:
                yield lambda query: file.execute(query).fetchall()
            return
        if self._inspector is None or self._inspector.broken:
            url = self.settings.database_url.replace("+psycopg", "")
            object.__setattr__(self, "_inspector", psycopg.connect(url, autocommit=True))
        server = self._inspector
        assert server is not None

        def execute(query: str) -> list[tuple[Any, ...]]:
            cursor = server.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

        yield execute

    def relayed(self) -> Published:
        """Run the relay until no event is due; return the messages published since the last call."""
        while self.container.relay_events() != RelayResult():
            pass
        return self._drained() if self.broker else self._recorded()

    def _recorded(self) -> Published:
        publisher: Any = self.container.publisher()
        published = Published()
        while publisher.published:
            event = publisher.published.popleft()
            published.news.append((event.type, {"subject": str(event.order_id), "data": published_data(event)}))
            if event.type == "orders.user_notification.v1":
                published.notifications.append(dict(published_data(event)))
            if event.type == "orders.order_placed.v1":
                published.tasks.append({"order_id": str(event.order_id), "user_id": event.data["user_id"]})
        return published

    def _drained(self) -> Published:
        assert self.broker
        published = Published()
        with self.broker.channel() as channel:
            while (got := channel.basic_get(self.settings.new_order_queue, auto_ack=True))[0]:
                published.tasks.append(json.loads(got[2]))
            while (got := channel.basic_get(self.listening, auto_ack=True))[0]:
                if got[0].routing_key == "user-notifications":
                    published.notifications.append(json.loads(got[2]))
                else:
                    published.news.append((got[0].routing_key, json.loads(got[2])))
            while (got := channel.basic_get(self.listening_to_carts, auto_ack=True))[0]:
                published.cart_orders.append((got[0].routing_key, json.loads(got[2])))
        return published

    @property
    def listening(self) -> str:
        """The queue of a consumer of all events of the exchange."""
        return f"{self.settings.events_exchange}.everything"

    @property
    def listening_to_carts(self) -> str:
        """The queue of a consumer of the exchange for source 004."""
        return f"{self.settings.order_events_exchange}.everything"

    def close(self) -> None:
        """Release the resources of the service."""
        if self._inspector is not None:
            self._inspector.close()
        if self._commits is not None:
            self._commits.close()
        close(self.container)
