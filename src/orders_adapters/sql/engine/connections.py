"""Connections to PostgreSQL, direct or through a connection pooler such as PgBouncer, with a client-side timeout."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, LiteralString, Self, TypeVar

import psycopg
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.rows import TupleRow

from orders_adapters.sql.errors import UNSUITABLE

_CHECK_SECONDS = 0.1
_T = TypeVar("_T")
_OPTION = re.compile(r"\s*(?:-c\s*|--)([A-Za-z][A-Za-z0-9_.-]*)=((?:\\.|[^\s\\])*)\s*")
_SEARCH_PATH: LiteralString = "SELECT reset_val FROM pg_settings WHERE name = 'search_path'"
_REFUSED = "unsupported startup parameter"
"""The error of PgBouncer for the parameter ``options``, unless its ``ignore_startup_parameters`` has the name."""


class DatabaseConnection(psycopg.Connection[TupleRow]):
    """Raises OperationalError, and is closed, if a response takes longer than ``seconds``.

    The server enforces ``statement_timeout``. A server that is frozen, or disconnected behind a proxy that still
    accepts data, does not enforce it, and psycopg would wait without limit.
    """

    seconds: float | None = None
    pooled = False
    """Whether a pooler is in between, whose server sessions may change at the end of each transaction."""

    _transaction_settings = b""
    _commits_each_statement = False

    def wait(self, gen: PQGen[_T], interval: float = _CHECK_SECONDS, timeout: float | None = None) -> _T:
        if timeout is not None or self.seconds is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.seconds)
        except psycopg.errors._WaitTimeout:  # private in psycopg 3.3, which has no public name for it
            self.pgconn.finish()  # because a late response would be read by the next statement
            raise psycopg.OperationalError(f"The server has not responded within {self.seconds} s.") from None

    def set_per_transaction(self, settings: Mapping[str, str]) -> None:
        """Apply settings at the beginning of each transaction, in the round trip of BEGIN, and prepare no statements.

        A single statement gets a transaction as well, because the settings must hold for it, too.
        """
        self.pooled = True
        self.prepare_threshold = None  # the names of prepared statements belong to a session, which others use as well
        self.cursor_factory = _Committing
        calls = ", ".join(f"set_config({_literal(name)}, {_literal(value)}, true)" for name, value in settings.items())
        self._transaction_settings = f"SELECT {calls}".encode()

    def raw_cursor(self) -> psycopg.RawCursor[TupleRow]:
        """Return a cursor for statements with the parameters ``$1``, ``$2`` and so on."""
        return _CommittingRawCursor(self) if self.pooled else psycopg.RawCursor(self)

    def set_autocommit(self, value: bool) -> None:
        if self.pooled:
            self._commits_each_statement = value
        else:
            super().set_autocommit(value)

    def _start_query(self) -> PQGen[None]:  # private in psycopg 3.3, like all that begins with an underscore here
        begins = self.pgconn.transaction_status == TransactionStatus.IDLE
        if not self._transaction_settings or not begins or self._pipeline is not None:
            yield from super()._start_query()
            if self._transaction_settings and begins:
                yield from self._exec_command(self._transaction_settings)
            return
        self.pgconn.send_query(self._get_tx_start_command() + b"; " + self._transaction_settings)
        results = yield from generators.execute(self.pgconn)
        if results[-1].status == ExecStatus.FATAL_ERROR:
            raise psycopg.errors.error_from_result(results[-1], encoding=self.info.encoding)


class _Committing(psycopg.Cursor[TupleRow]):
    """In autocommit mode each statement is a transaction with the settings of the connection."""

    def execute(self, *arguments: Any, **options: Any) -> Self:
        connection: Any = self.connection
        if not connection._commits_each_statement:
            super().execute(*arguments, **options)
            return self
        try:
            super().execute(*arguments, **options)
        except BaseException:
            if not connection.closed:
                connection.rollback()
            raise
        connection.commit()
        return self


class _CommittingRawCursor(_Committing, psycopg.RawCursor[TupleRow]):
    pass


class Connector:
    """Opens the connections of an engine.

    Settings go with the startup packet, which costs nothing. A pooler refuses or ignores them, and is recognized by
    that, or by the process id of the session, which is one of its own invention.

    Args:
        settings: the parameters of each session, by name.
        options: further options of the command line of a session, as in libpq, which take precedence.
        seconds: the timeout of a response; None for no limit.
    """

    def __init__(self, settings: Mapping[str, str], *, options: str = "", seconds: float | None) -> None:
        self._settings = dict(settings)
        self._options = options
        self._seconds = seconds
        self._pooled = False
        self._role_search_path = ""

    def connect(self, **arguments: Any) -> DatabaseConnection:
        """Open a connection.

        Raises:
            psycopg.OperationalError: the server cannot be reached or refuses the connection, or its database has
                another encoding than UTF-8.
        """
        connection = self._open(arguments)
        try:
            _require_utf8(connection)
            if self._pooled or _is_pooled(connection):
                self._pooled = True
                connection.set_per_transaction(self._transaction_settings(connection))
        except BaseException:
            connection.close()
            raise
        return connection

    def _open(self, arguments: Mapping[str, Any]) -> DatabaseConnection:
        if not self._pooled:
            try:
                return self._open_with(self.startup_options, arguments)
            except psycopg.OperationalError as error:
                if _REFUSED not in str(error):
                    raise
                self._pooled = True
        return self._open_with("", arguments)

    def _open_with(self, options: str, arguments: Mapping[str, Any]) -> DatabaseConnection:
        connection = DatabaseConnection.connect(**{**arguments, "options": options})
        connection.seconds = self._seconds
        return connection

    @property
    def startup_options(self) -> str:
        """The options of a direct session; of two for the same parameter the last one counts."""
        defaults = " ".join(f"-c {name}={value}" for name, value in self._settings.items())
        return f"{defaults} {self._options}".strip()

    def _transaction_settings(self, connection: DatabaseConnection) -> Mapping[str, str]:
        """Return all settings, and the search_path of the role, because another client may have set the session's."""
        settings = self._settings | self._optional_settings()
        if "search_path" not in settings:
            settings["search_path"] = self._role_search_path = self._role_search_path or str(
                _ask(connection, _SEARCH_PATH)
            )
        return settings

    def _optional_settings(self) -> dict[str, str]:
        settings, rest = {}, self._options
        while match := _OPTION.match(rest):
            settings[match[1].replace("-", "_")] = re.sub(r"\\(.)", r"\1", match[2])
            rest = rest[match.end() :]
        if rest.strip():
            raise _unsuitable(f"The options {rest.strip()!r} of the address cannot be set through a connection pooler.")
        return settings


def _is_pooled(connection: DatabaseConnection) -> bool:
    return _ask(connection, "SELECT pg_backend_pid()") != connection.info.backend_pid


def _ask(connection: DatabaseConnection, query: LiteralString) -> object:
    """Return one value, in one round trip."""
    connection.autocommit = True
    (value,) = connection.execute(query, prepare=False).fetchone() or (None,)
    connection.autocommit = False
    return value


def _require_utf8(connection: DatabaseConnection) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise _unsuitable(
            f"The database must have the encoding UTF8, not {encoding}; "
            "create one with: CREATE DATABASE orders ENCODING 'UTF8' TEMPLATE template0"
        )


def _unsuitable(sentence: str) -> psycopg.OperationalError:
    error = psycopg.OperationalError(sentence)
    setattr(error, UNSUITABLE, True)
    return error


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
