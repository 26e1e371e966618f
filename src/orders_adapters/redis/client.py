"""A Redis client that would rather fail than wait: short time-outs, no second try, a bounded pool."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

MAX_CONNECTIONS = 64


def connect(url: str, *, timeout: float) -> redis.Redis:
    """Return a client of ``redis://``, ``rediss://`` or ``unix://``; it connects when first used.

    Each step of a call (a free connection, connecting, sending, receiving) fails after ``timeout`` seconds; a server
    that hangs costs one of them. Parameters in the URL win over ours.

    Raises:
        ValueError, TypeError: the URL cannot be read, or names an unknown option.
    """
    database = unquote(urlsplit(url).path).strip("/")
    if not url.startswith("unix:") and database and not database.isdecimal():
        raise ValueError("The database, behind the last slash, is no number.")  # the library would take 0
    pool = redis.BlockingConnectionPool.from_url(
        url,
        max_connections=MAX_CONNECTIONS,
        timeout=timeout,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        # The library's own 10 retries make 59 s of one GET on a frozen server, and run a script twice.
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
        # RESP 2 and no driver_info: a new connection asks nothing before its first command.
        protocol=2,
        driver_info=None,
    )
    pool.connection_class(**pool.connection_kwargs)  # refuses an option it does not know; connects nothing
    return redis.Redis(connection_pool=pool)
