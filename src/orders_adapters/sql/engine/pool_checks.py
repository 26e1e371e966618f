"""Never hand out a connection that is dead or another process's: a database that restarts costs no request.

Cheaper than SQLAlchemy's ``pool_pre_ping``, which asks the server each time: an idle connection has nothing to say, so
if there is something to read from it, it is the server's farewell.
"""

import os
import select
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError, InvalidatePoolError


def install(engine: Engine) -> Engine:
    """Return the engine, whose connections are looked at whenever they leave the pool."""

    @event.listens_for(engine, "connect")
    def _(connection: Any, record: Any) -> None:
        record.info["pid"] = os.getpid()
        record.info["fresh"] = True

    @event.listens_for(engine, "checkout")
    def _(connection: Any, record: Any, fairy: Any) -> None:
        if record.info["pid"] != os.getpid():
            record.dbapi_connection = fairy.dbapi_connection = None  # the parent's: not ours to close
            raise DisconnectionError("The connection was made before a fork.")
        # A connection just made is not looked at: to refuse it as well would leave SQLAlchemy without any.
        fresh = record.info.pop("fresh", False)
        if engine.dialect.name == "postgresql" and not fresh and _has_pending_data(connection.fileno()):
            raise InvalidatePoolError("The server has closed the connection.")

    return engine


def _has_pending_data(socket: int) -> bool:
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))
