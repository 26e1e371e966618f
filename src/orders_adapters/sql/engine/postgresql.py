"""PostgreSQL engine: the timeouts and the time zone of its connections."""

from typing import Any

from sqlalchemy import URL, Engine, create_engine, event

LOCK_SECONDS = 3
CONNECT_SECONDS = 2
IDLE_SECONDS = 10  # between two statements of a transaction, because a stuck worker must release its locks

_NETWORK = {
    "application_name": "orders",
    "connect_timeout": str(CONNECT_SECONDS),
    # A lost server is detected within seconds, whether or not data is being sent.
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "6000",  # milliseconds
}


def create(address: URL, *, pool_size: int, statement_seconds: int, **options: Any) -> Engine:
    """Return the engine. Options after ``?`` in the URL take precedence over the settings here."""
    settings = {
        "timezone": "UTC",
        "statement_timeout": f"{statement_seconds}s",
        "lock_timeout": f"{LOCK_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    }
    defaults = " ".join(f"-c {name}={value}" for name, value in settings.items())
    option = address.query.get("options", "")
    overrides = option if isinstance(option, str) else " ".join(option)
    query = {**_NETWORK, **address.query, "options": f"{defaults} {overrides}".strip()}
    engine = create_engine(address.set(query=query), pool_size=pool_size, **options)
    if statement_seconds:
        _connect_with_timeout(engine, seconds=statement_seconds + 1)
    return engine


def _connect_with_timeout(engine: Engine, *, seconds: float) -> None:
    # Imported here, because installations with SQLite have no psycopg.
    from orders_adapters.sql.engine.connection_timeout import connect

    @event.listens_for(engine, "do_connect")
    def _(dialect: Any, record: Any, arguments: Any, options: dict[str, Any]) -> Any:
        return connect(seconds=seconds, **options)
