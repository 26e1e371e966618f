"""The ``orders serve`` command."""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import click

from orders_flask import environment, settings
from orders_flask.app import create_app
from orders_flask.bootstrap.container import Container
from orders_flask.observability import metrics
from orders_flask.settings import Settings
from orders_flask.unknown_settings import log_settings_advice

_SERVER_LOG = {"loggers": {"_granian": {"propagate": True}, "granian.access": {"propagate": False}}}
"""The server's warnings, such as the exit of a worker process, propagate to our log."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 listens on all interfaces.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Worker processes.")
@click.option("--threads", type=click.IntRange(1, 256), default=8, show_default=True, help="Threads per worker.")
@click.option("--relay/--no-relay", default=True, show_default=True, help="Also run an outbox relay in each worker.")
def serve(host: str, port: int, workers: int, threads: int, relay: bool) -> None:
    """Run the service.

    Runs until stopped (Ctrl-C or SIGTERM). Other servers can run orders_flask.wsgi:app or orders_flask.asgi:app.
    """
    greeting = f"Serving http://{host}:{port}, documentation at /docs. Press Ctrl-C to stop."
    run(settings.load(), host=host, port=port, workers=workers, threads=threads, relay=relay, greeting=greeting)


def run(
    read: Settings,
    *,
    host: str,
    port: int,
    workers: int = 1,
    threads: int = 8,
    relay: bool = True,
    greeting: str | None = None,
) -> None:
    """Serve. The app is first built here, because an invalid setting would be a traceback in each worker."""
    create_app(read, container=Container(settings=read))
    log_settings_advice()
    if workers > 1 and read.cache == "memory":
        raise click.ClickException("REDIS_URL must be set for several workers, because they must share one cache.")
    require_free(host, port)
    os.environ["ORDERS_RELAY"] = "on" if relay else "off"
    os.environ["ORDERS_THREADS"] = str(threads)
    os.environ[environment.SERVER_PID] = str(os.getpid())
    if greeting:
        click.echo(greeting, err=True)
    with _shared_metrics(workers):
        _serve(host=host, port=port, workers=workers)


def _serve(*, host: str, port: int, workers: int) -> None:
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        "orders_flask.asgi:app",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        workers=workers,
        workers_kill_timeout=15,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        log_dictconfig=_SERVER_LOG,
    ).serve()


@contextmanager
def _shared_metrics(workers: int) -> Iterator[None]:
    """Let several processes share a temporary metrics directory, unless one is configured."""
    if workers == 1 or os.environ.get(metrics.DIRECTORY):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="orders-metrics-") as directory:
        metrics.in_processes(directory)
        yield


def require_free(host: str, port: int, *, option: str = "--port") -> None:
    """Check that the address is free, because the server would report it with a traceback in each worker.

    ``option`` is the option that the error message suggests for another port.

    Raises:
        ClickException: the address cannot be bound.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise click.ClickException(
            f"Cannot listen on {host}:{port}: {(error.strerror or str(error)).lower()}. Use another port with {option}."
        ) from error
