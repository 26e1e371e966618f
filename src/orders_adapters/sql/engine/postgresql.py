"""Connections to PostgreSQL: how long they wait for what, and in which time zone they speak."""

from typing import Any

from sqlalchemy import URL, Engine, create_engine, event

LOCK_SECONDS = 3
CONNECT_SECONDS = 2
IDLE_SECONDS = 10  # between two statements of a transaction; a worker that hangs there must not keep its locks

_NETWORK = {
    "application_name": "orders",
    "connect_timeout": str(CONNECT_SECONDS),
    # A server that vanished without a farewell is noticed within seconds, whether or not we are sending.
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "6000",  # milliseconds
}


def create(address: URL, *, pool_size: int, statement_seconds: int, **options: Any) -> Engine:
    """Return the engine; what the address says behind ``?`` goes before our settings."""
    settings = {
        "timezone": "UTC",
        "statement_timeout": f"{statement_seconds}s",
        "lock_timeout": f"{LOCK_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    }
    ours = " ".join(f"-c {name}={value}" for name, value in settings.items())
    given = address.query.get("options", "")
    theirs = given if isinstance(given, str) else " ".join(given)
    query = {**_NETWORK, **address.query, "options": f"{ours} {theirs}".strip()}
    engine = create_engine(address.set(query=query), pool_size=pool_size, **options)
    if statement_seconds:
        _connect_with_timeout(engine, seconds=statement_seconds + 1)
    return engine


def _connect_with_timeout(engine: Engine, *, seconds: float) -> None:
    # Imported late: whoever stays with SQLite has no psycopg.
    from orders_adapters.sql.engine.connection_timeout import connect

    @event.listens_for(engine, "do_connect")
    def _(dialect: Any, record: Any, arguments: Any, options: dict[str, Any]) -> Any:
        return connect(seconds=seconds, **options)
