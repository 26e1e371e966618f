"""The ``orders serve`` command."""

import fcntl
import os
import resource
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path

import click
import structlog
from flask import Flask

from orders_flask import bootstrap, environment, settings
from orders_flask.app import create_app
from orders_flask.bootstrap.container import Container
from orders_flask.observability import metrics
from orders_flask.production import PUBLISHED_SECRETS
from orders_flask.settings import Settings
from orders_flask.unknown_settings import log_settings_advice
from orders_flask.web.admission import server
from orders_flask.web.proxies import root_path as root_paths

_METRICS, _LOCK = "orders-metrics-", "lock"
FURTHER_FILES = 512
"""The open files of a worker process that are not connections of clients."""

log = structlog.get_logger(__name__)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 listens on all interfaces.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Worker processes.")
@click.option("--threads", type=click.IntRange(1, 256), default=8, show_default=True, help="Threads per worker.")
@click.option("--relay/--no-relay", default=True, show_default=True, help="Also run an outbox relay in each worker.")
@click.option("--root-path", default="", metavar="PATH", help="The path below which a proxy publishes it: /shop.")
def serve(host: str, port: int, workers: int, threads: int, relay: bool, root_path: str) -> None:
    """Run the service.

    Runs until stopped (Ctrl-C or SIGTERM). Other servers can run orders_flask.wsgi:app or orders_flask.asgi:app.
    """
    try:
        below = root_paths.parse(root_path)
    except ValueError as error:
        raise click.ClickException(f"--root-path is not valid. {error}") from error
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}{below}"
    greeting = f"Serving {address}, documentation at {below}/docs. Press Ctrl-C to stop."
    run(
        settings.load(),
        host=host,
        port=port,
        workers=workers,
        threads=threads,
        relay=relay,
        root_path=below,
        greeting=greeting,
    )


def run(
    read: Settings,
    *,
    host: str,
    port: int,
    workers: int = 1,
    threads: int = 8,
    relay: bool = True,
    root_path: str = "",
    greeting: str | None = None,
) -> None:
    """Serve. The app is first built here, because an invalid setting would be a traceback in each worker."""
    require_own_secret(read, host)
    container = Container(settings=read)
    require_unambiguous(root_path, create_app(read, container=container))
    log_settings_advice()
    if workers > 1 and read.cache == "memory":
        raise click.ClickException("REDIS_URL must be set for several workers, because they must share one cache.")
    if reason := container.store().refusal():
        raise click.ClickException(reason)
    require_free(host, port)
    address = numeric_address(host)
    _log_defaults(read, container)
    os.environ["ORDERS_RELAY"] = "on" if relay else "off"
    os.environ["ORDERS_THREADS"] = str(threads)
    os.environ[environment.SERVER_PID] = str(os.getpid())
    if greeting:
        click.echo(greeting, err=True)
    _raise_file_limit()
    with _shared_metrics(workers):
        server.serve(host=address, port=port, workers=workers, root_path=root_path, shutdown_delay=read.shutdown_delay)


def require_unambiguous(root_path: str, app: Flask) -> None:
    """Check that no path of the service begins with the root path, because a proxy may remove it or not.

    Raises:
        ClickException: one does.
    """
    for rule in app.url_map.iter_rules():
        if root_path and f"{rule.rule}/".startswith(f"{root_path}/"):
            raise click.ClickException(
                f"--root-path must not begin a path of the service, as {root_path} begins {rule.rule}. "
                "Use another one, or other paths with ORDERS_MOUNTS."
            )


def require_own_secret(read: Settings, host: str) -> None:
    """Check that an address that other machines can reach is served with secrets of the operator's own.

    Raises:
        ClickException: the host is not a loopback address, and the secret is a generated or a published one, or the
            page /docs offers tokens.
    """
    if is_loopback(host):
        return
    if not read.has_own_token_secret:
        raise click.ClickException(
            f"JWT_SECRET must be set to listen on {host}; without it, only 127.0.0.1 and ::1 are allowed. "
            "Generate one with: openssl rand -hex 32"
        )
    if read.offers_demo_tokens:
        raise click.ClickException(
            f"ORDERS_DEMO must be off to listen on {host}, because /docs gives everybody an administrator's token."
        )
    if "checkout" in read.mounts and not PUBLISHED_SECRETS.isdisjoint(read.cart_secrets):
        raise click.ClickException(
            f"CART_SNAPSHOT_SECRET must not be a secret of the documentation to listen on {host}. "
            "Generate one with: openssl rand -hex 32"
        )


def is_loopback(host: str) -> bool:
    try:
        return all(ip_address(item[4][0]).is_loopback for item in socket.getaddrinfo(host, None))
    except (OSError, ValueError):
        return False


def _log_defaults(read: Settings, container: Container) -> None:
    """Log which defaults stand in for missing settings, because they differ from those of production."""
    if read.broker == "none":
        log.warning("broker.not_configured", advice="Events wait in the outbox until RABBITMQ_URL is set.")
    bootstrap.log_demo_accounts(read, container.users())
    container.store().close()  # the workers open their own connections


def _raise_file_limit() -> None:
    """Allow as many open files as connections, because many systems start processes with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = server.CONNECTIONS + FURTHER_FILES
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


@contextmanager
def _shared_metrics(workers: int) -> Iterator[None]:
    """Let several processes share a temporary metrics directory, unless one is configured."""
    if workers == 1 or os.environ.get(metrics.DIRECTORY):
        yield
        return
    remove_abandoned_metrics()
    with tempfile.TemporaryDirectory(prefix=_METRICS) as directory, Path(directory, _LOCK).open("xb") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)  # until the server and its workers have ended, however they end
        metrics.in_processes(directory)
        yield


def remove_abandoned_metrics() -> None:
    """Remove the metrics directories of servers that were killed."""
    for directory in Path(tempfile.gettempdir()).glob(f"{_METRICS}*"):
        with suppress(OSError):  # it is in use, or another user's
            if directory.lstat().st_uid != os.getuid():
                continue
            with (directory / _LOCK).open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(directory)


def numeric_address(host: str) -> str:
    """Return the IP address of a host name, the IPv4 one if it has both, because the server takes no names.

    Raises:
        OSError: the name is unknown.
    """
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return str(min(found, key=lambda item: item[0] != socket.AF_INET)[4][0])


def require_free(host: str, port: int, *, option: str = "--port") -> None:
    """Check that the address is free, because the server would report it with a traceback in each worker.

    ``option`` is the option that the error message suggests for another port.

    Raises:
        ClickException: the address cannot be bound.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(numeric_address(host), port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise click.ClickException(
            f"Cannot listen on {host}:{port}: {(error.strerror or str(error)).lower()}. Use another port with {option}."
        ) from error
