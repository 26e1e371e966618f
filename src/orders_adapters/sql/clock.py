"""Clock of the database, which all processes share: leases and due times do not depend on the clocks of hosts."""

import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, func, select

from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors

READ_INTERVAL = 10.0  # seconds between two readings; the monotonic clock of this host counts meanwhile


class SqlClock:
    """See ``orders_domain.ports.clock``. For PostgreSQL, because the processes of SQLite share the clock of their host.

    Raises:
        StoreUnavailable: the time cannot be read.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engines.autocommit(engine)
        self._reading: tuple[datetime, float] | None = None

    def __call__(self) -> datetime:
        reading, now = self._reading, time.monotonic()
        if reading is None or now - reading[1] > READ_INTERVAL:
            with translate_errors(), self._engine.connect() as connection:
                reading = self._reading = (connection.execute(select(func.clock_timestamp())).scalar_one(), now)
        return reading[0].astimezone(UTC) + timedelta(seconds=now - reading[1])
