"""What the database's errors mean to the domain: away, in contention, or a flaw of ours."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from orders_domain.errors import StoreContention, StoreUnavailable, Unavailable

_CONTENTION = {"40001", "40P01"}  # serialization failure, deadlock: the whole transaction may be run again at once
_NOT_MIGRATED = {"42P01", "42703"}  # no such table, no such column
# Orders and templates bring their users along, by a trigger that a migration makes.
_UNKNOWN_USER = re.compile("^fk_(orders|order_templates)_user_id_users$|^FOREIGN KEY constraint failed$")
_MISSING_IN_SQLITE = re.compile("^no such (table|column)|^table .* has no column")  # it has no codes for these

# Having waited for a lock in vain (55P03, SQLITE_BUSY) is no contention: to run the transaction again is to wait again.
# InternalError is what PostgreSQL calls a transaction that it ended while it idled, and a replica that cannot write.
_UNAVAILABLE = (
    exc.OperationalError,
    exc.InterfaceError,
    exc.InternalError,
    exc.TimeoutError,  # of the pool
    exc.PendingRollbackError,  # the connection was lost earlier in the transaction
)


class UnexpectedDatabaseError(RuntimeError):
    """The database refused a statement for what it says: a flaw in this program or its schema, never the caller's."""


@contextmanager
def translate_errors() -> Iterator[None]:
    """Let no error of SQLAlchemy or a driver out of the block.

    Raises:
        StoreContention: the database gave the transaction up in favour of another one.
        StoreUnavailable: it is away, too slow, or not migrated.
        UnexpectedDatabaseError: anything else.
    """
    try:
        yield
    except exc.SQLAlchemyError as error:
        raise _to_domain_error(error) from error
    except (OverflowError, UnicodeError) as error:  # of the driver, about a value that no column has
        raise UnexpectedDatabaseError("The store refused a statement.") from error


def _to_domain_error(error: exc.SQLAlchemyError) -> Unavailable | UnexpectedDatabaseError:
    cause = getattr(error, "orig", None)
    state = getattr(cause, "sqlstate", None)
    if state in _CONTENTION:
        return StoreContention("The store gave this transaction up in favour of another one.")
    broken = getattr(getattr(cause, "diag", None), "constraint_name", None) or str(cause)
    if state in _NOT_MIGRATED or _MISSING_IN_SQLITE.search(str(cause)) or _UNKNOWN_USER.search(broken):
        return StoreUnavailable("The store has not been migrated; run: orders migrate")
    if isinstance(error, _UNAVAILABLE) or getattr(error, "connection_invalidated", False):
        return StoreUnavailable("The store is away or too slow.")
    if type(error) is exc.DatabaseError:  # SQLite: the file is no database, or damaged
        return StoreUnavailable("The store cannot be read.")
    return UnexpectedDatabaseError("The store refused a statement.")
