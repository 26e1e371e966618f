"""PostgreSQL for a test run: separate databases on any available server."""

import getpass
import time
from itertools import count
from typing import Self

import psycopg
from psycopg import sql
from sqlalchemy import URL, Engine, make_url

from tests.support.servers.discovery import Unavailable
from tests.support.servers.naming import DATABASE, left_by_a_dead_run

VARIABLE = "TEST_DATABASE_URL"
USUAL = tuple(
    f"postgresql+psycopg://{user}@127.0.0.1:5432/postgres" for user in dict.fromkeys(("postgres", getpass.getuser()))
)


def version_at(url: str) -> str:
    """Return the version of the server at a SQLAlchemy URL, or raise `Unavailable`."""
    try:
        with _connect(make_url(url)) as connection:
            row = connection.execute(
                "SELECT current_setting('server_version'), rolcreatedb OR rolsuper "
                "FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error as why:
        raise Unavailable(str(why).strip().splitlines()[0]) from why
    assert row is not None
    version, may_create = row
    if not may_create:
        raise Unavailable(f"{make_url(url).username} may not create databases")
    return str(version).split()[0]


class PostgresServer:
    """A server with databases of the run; leaving the context drops them."""

    def __init__(self, url: str) -> None:
        self._admin = make_url(url)
        self._names = (f"{DATABASE}_{n}" for n in count(1))
        self._made: list[str] = []

    @property
    def url(self) -> str:
        """The database of the run, which all its tests share."""
        return self._url(DATABASE)

    def database(self) -> str:
        """Create an empty database and return its URL."""
        return self._make(next(self._names))

    def copy(self, url: str) -> str:
        """Copy a database without open connections, and return the URL of the copy."""
        return self._make(next(self._names), template=str(make_url(url).database))

    def drop(self, url: str) -> None:
        """Drop a database of `database`, with its connections."""
        self._drop(str(make_url(url).database))

    def __enter__(self) -> Self:
        with _connect(self._admin) as connection:
            everything = [str(name) for (name,) in connection.execute("SELECT datname FROM pg_database")]
        for name in everything:
            if left_by_a_dead_run(name, now=time.time()):
                self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        self._make(DATABASE)
        return self

    def __exit__(self, *error: object) -> None:
        for name in list(self._made):
            self._drop(name)

    def _make(self, name: str, *, template: str = "template0") -> str:
        # template0 has no connections, so that parallel runs do not block each other.
        self._execute("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'", name, template)
        self._made.append(name)
        # Tests never cut the power of this server, so that a commit need not reach the disk.
        self._execute("ALTER DATABASE {} SET synchronous_commit = off", name)
        return self._url(name)

    def _drop(self, name: str) -> None:
        self._made.remove(name)
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _execute(self, statement: str, *names: str) -> None:
        with _connect(self._admin) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _url(self, name: str) -> str:
        return self._admin.set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)


def _connect(url: URL) -> psycopg.Connection[tuple[object, ...]]:
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, connect_timeout=5, autocommit=True)


def vacuum(engine: Engine) -> None:
    """Vacuum and analyze the database, so that index-only scans read no row.

    Pages are marked all-visible only after their commits are flushed, and test databases commit asynchronously: one
    synchronous commit flushes the commits before it.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in (
            "SET synchronous_commit = on",
            "CREATE TABLE flushed ()",
            "DROP TABLE flushed",
            "VACUUM (ANALYZE)",
        ):
            connection.exec_driver_sql(statement)
