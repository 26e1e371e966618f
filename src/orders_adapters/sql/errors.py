"""Translation of database errors into errors of the domain."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from orders_domain.errors import StoreContention, StoreUnavailable, Unavailable

UNSUITABLE = "orders_unsuitable"
"""The attribute of a driver's error whose text is a sentence about a database that cannot be used as it is."""

_CONTENTION = {"40001", "40P01"}  # serialization failure, deadlock: the transaction can be retried at once
_NOT_MIGRATED = {"42P01", "42703", "3F000"}  # undefined table, column or schema
_NOT_PERMITTED = "42501"
_READ_ONLY = "25006"
# A violation means that the trigger which inserts the users of orders and templates (migration 0012) is missing.
_UNKNOWN_USER = re.compile("^fk_(orders|order_templates)_user_id_users$|^FOREIGN KEY constraint failed$")
_MISSING_IN_SQLITE = re.compile("^no such (table|column)|^table .* has no column")  # SQLite has no codes for these

# A lock timeout (55P03, SQLITE_BUSY) does not count as contention, because a retry would wait for the lock again.
# InternalError is raised for a transaction that PostgreSQL ended because it was idle, and for a write to a replica.
_UNAVAILABLE = (
    exc.OperationalError,
    exc.InterfaceError,
    exc.InternalError,
    exc.TimeoutError,  # of the pool
    exc.PendingRollbackError,  # the connection was lost earlier in the transaction
)


_LOCK_TIMEOUT = "55P03"
_OVERFLOW = "integer overflow"  # of a sum in SQLite, which has no code for it


def is_lock_timeout(error: exc.OperationalError) -> bool:
    """Return whether another transaction has locked a row, or all of SQLite, for longer than a statement waits."""
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    return getattr(error.orig, "sqlstate", None) == _LOCK_TIMEOUT or code == sqlite3.SQLITE_BUSY


def is_read_only(error: BaseException) -> bool:
    """Return whether the server has refused a write, because it is a replica or has become one."""
    return getattr(error, "sqlstate", None) == _READ_ONLY


class StoreUnsuitable(StoreUnavailable):
    """The database cannot be used as it is, and only an operator can change that. The text is for operators."""


class UnexpectedDatabaseError(RuntimeError):
    """The database rejected a statement because of a bug in this program or its schema."""


@contextmanager
def translate_errors() -> Iterator[None]:
    """Translate all errors of SQLAlchemy and the driver.

    Raises:
        StoreContention: the database aborted the transaction because of a conflict with another one.
        StoreUnavailable: the database is unavailable, too slow or not migrated.
        UnexpectedDatabaseError: any other error.
    """
    try:
        yield
    except exc.SQLAlchemyError as error:
        raise _to_domain_error(error) from error
    except (OverflowError, UnicodeError) as error:  # of the driver, for a value that no column can hold
        raise UnexpectedDatabaseError("The store rejected a statement.") from error


def _to_domain_error(error: exc.SQLAlchemyError) -> Unavailable | UnexpectedDatabaseError:
    cause = getattr(error, "orig", None)
    if hasattr(cause, UNSUITABLE):
        return StoreUnsuitable(str(cause))
    state = getattr(cause, "sqlstate", None)
    if state in _CONTENTION:
        return StoreContention("The store aborted this transaction because of a conflict with another one.")
    constraint = getattr(getattr(cause, "diag", None), "constraint_name", None) or str(cause)
    if state in _NOT_MIGRATED or _MISSING_IN_SQLITE.search(str(cause)) or _UNKNOWN_USER.search(constraint):
        return StoreUnavailable("The store has not been migrated; run: orders migrate")
    if state == _NOT_PERMITTED:
        return StoreUnavailable("The store does not permit this, because the role lacks a right.")
    if state == _READ_ONLY:
        return StoreUnavailable("The store is read-only; the address must be that of the primary server.")
    if str(cause) == _OVERFLOW:
        return UnexpectedDatabaseError("A sum is larger than the store can represent.")
    if isinstance(error, _UNAVAILABLE) or getattr(error, "connection_invalidated", False):
        return StoreUnavailable("The store is unavailable or too slow.")
    if type(error) is exc.DatabaseError:  # SQLite: the file is not a database, or is corrupt
        return StoreUnavailable("The store cannot be read.")
    return UnexpectedDatabaseError("The store rejected a statement.")
