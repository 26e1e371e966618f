"""orders serve"""

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
from orders_flask.unknown_settings import log_unknown_settings

_SERVER_LOG = {"loggers": {"_granian": {"propagate": True}, "granian.access": {"propagate": False}}}
"""The server's own warnings, such as that a worker ended, go into our log."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 for every address of this machine.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes.")
@click.option("--threads", type=click.IntRange(1, 256), default=8, show_default=True, help="Requests at once, each.")
@click.option("--relay/--no-relay", default=True, show_default=True, help="Send the outbox's events from here too.")
def serve(host: str, port: int, workers: int, threads: int, relay: bool) -> None:
    """Run the service.

    It runs until stopped (Ctrl-C or SIGTERM). Other servers serve orders_flask.wsgi:app, or :asgi:app.
    """
    greeting = f"Serving http://{host}:{port}, documented at /docs. Ctrl-C stops."
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
    """Serve. An app is made here first, so that a bad setting is a sentence and not a worker's traceback."""
    create_app(read, container=Container(settings=read))
    log_unknown_settings()
    if workers > 1 and read.cache == "memory":
        raise click.ClickException("Several workers need REDIS_URL: each would keep a cache of its own.")
    require_free(host, port)
    os.environ["ORDERS_RELAY"] = "on" if relay else "off"
    os.environ["ORDERS_THREADS"] = str(threads)
    os.environ[environment.SERVER_PID] = str(os.getpid())
    if greeting:
        click.echo(greeting, err=True)
    with _shared_measurements(workers):
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
def _shared_measurements(workers: int) -> Iterator[None]:
    """Several processes write what they measure into one folder, unless one was named."""
    if workers == 1 or os.environ.get(metrics.DIRECTORY):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="orders-metrics-") as directory:
        metrics.in_processes(directory)
        yield


def require_free(host: str, port: int, *, option: str = "--port") -> None:
    """Raise where nobody can listen; the server itself would say so with a traceback in each worker.

    ``option`` is how another port is chosen.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise click.ClickException(
            f"Cannot listen on {host}:{port}: {(error.strerror or str(error)).lower()}. Choose another with {option}."
        ) from error
