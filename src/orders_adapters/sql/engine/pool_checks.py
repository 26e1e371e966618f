"""Checks of pooled connections: closed ones and those of a parent process are not used.

So the restart of a database costs no request. Cheaper than SQLAlchemy's ``pool_pre_ping``, which needs a round trip:
data that can be read from an idle connection means that the server has closed it.
"""

import os
import select
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError, InvalidatePoolError


def install(engine: Engine) -> Engine:
    """Return the engine, whose connections are checked at every checkout."""

    @event.listens_for(engine, "connect")
    def _(connection: Any, record: Any) -> None:
        record.info["pid"] = os.getpid()
        record.info["fresh"] = True

    @event.listens_for(engine, "checkout")
    def _(connection: Any, record: Any, fairy: Any) -> None:
        if record.info["pid"] != os.getpid():
            record.dbapi_connection = fairy.dbapi_connection = None  # the parent process must close it
            raise DisconnectionError("The connection was opened before a fork.")
        # A new connection is not checked, because SQLAlchemy fails if it is rejected as well.
        fresh = record.info.pop("fresh", False)
        if engine.dialect.name == "postgresql" and not fresh and _has_pending_data(connection.fileno()):
            raise InvalidatePoolError("The server has closed the connection.")

    return engine


def _has_pending_data(socket: int) -> bool:
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))
