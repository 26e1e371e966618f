"""What the commands of workers share: settings and log at the start, good order at Ctrl-C or SIGTERM."""

import signal
import threading

import click

from orders_flask import settings
from orders_flask.bootstrap.container import Container
from orders_flask.observability import structured_logging
from orders_flask.settings import Settings
from orders_flask.unknown_settings import log_unknown_settings
from orders_flask.workers.runner import Worker


def load() -> tuple[Settings, Container]:
    """Return the environment's settings and their container; from here on the log is as they want it."""
    read = settings.load()
    structured_logging.configure(level=read.log_level, form=read.log_format)
    log_unknown_settings()
    return read, Container(settings=read)


def source(read: Settings, *, queue: str, topic: str) -> str:
    """Return what people call the place that messages come from."""
    return f"Kafka's topic {topic}" if read.tracking_source == "kafka" else f"RabbitMQ's queue {queue}"


def run(worker: Worker, *, doing: str) -> None:
    """Say what the worker is doing, and run it until Ctrl-C or SIGTERM."""

    def stop(*_: object) -> None:
        threading.Thread(target=worker.stop.set).start()  # an Event's lock may be held by the thread interrupted

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    click.echo(f"{doing}. Ctrl-C stops.", err=True)
    worker.run()
