"""Server of `orders serve`: its limits are not the defaults of the library, and each thread has a connection."""

import os
from typing import Any

import pytest
from granian.constants import HTTPModes

from orders_adapters.sql.engine import engine
from orders_flask import Settings
from orders_flask.bootstrap import persistence
from orders_flask.web.admission import server
from orders_flask.web.admission.middleware import anonymous_threads


def test_limits_of_connections_and_headers_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that send nothing are closed, and there is room for others meanwhile (decision 0033)."""
    given: dict[str, Any] = {}

    class Recorded:
        def __init__(self, _: str, **options: Any) -> None:
            given.update(options)

        def serve(self) -> None:
            given["served"] = True

    monkeypatch.setattr("granian.server.mp.MPServer", Recorded)
    monkeypatch.setattr(os, "register_at_fork", lambda **_: None)

    server.serve(host="127.0.0.1", port=8000, workers=2, root_path="", shutdown_delay=20)

    assert given["served"]
    assert given["http"] is HTTPModes.http1
    assert given["http1_settings"].header_read_timeout <= 10_000
    assert given["http1_settings"].max_buffer_size <= 64 * 1024
    assert given["backlog"] == given["backpressure"] == server.CONNECTIONS >= 4096
    assert given["respawn_failed_workers"]
    assert given["workers_kill_timeout"] == 20 + server.FINISH_SECONDS


@pytest.mark.parametrize("threads", [1, 8, 32])
def test_each_thread_has_a_connection_of_each_pool(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Buyers who wait for a locked row with all threads leave connections to the background workers."""
    sizes, create = list[int](), engine.create

    def record(url: str, *, pool_size: int, schema: str) -> engine.Engine:
        sizes.append(pool_size)
        return create(url, pool_size=pool_size, schema=schema)

    monkeypatch.setattr(engine, "create", record)
    address = "postgresql://127.0.0.1:1/none"

    persistence.store(Settings(database_url=address, database_read_url=address, threads=threads)).close()

    assert len(sizes) == 2
    assert min(sizes) > threads + anonymous_threads(threads)
