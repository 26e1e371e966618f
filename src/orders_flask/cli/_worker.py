"""Shared parts of worker commands: settings, logging and graceful shutdown."""

import signal
import threading

import click

from orders_flask import settings
from orders_flask.bootstrap.container import Container
from orders_flask.observability import structured_logging
from orders_flask.settings import Settings
from orders_flask.unknown_settings import log_settings_advice
from orders_flask.workers.runner import Worker


def load() -> tuple[Settings, Container]:
    """Load the settings, configure logging, and return both the settings and a container."""
    read = settings.load()
    structured_logging.configure(level=read.log_level, form=read.log_format)
    log_settings_advice()
    return read, Container(settings=read)


def source(read: Settings, *, queue: str, topic: str) -> str:
    """Return a description of the source of messages."""
    return f"the Kafka topic {topic}" if read.message_broker == "kafka" else f"the RabbitMQ queue {queue}"


def run(worker: Worker, *, doing: str) -> None:
    """Print what the worker does, and run it until SIGINT or SIGTERM."""

    def stop(*_: object) -> None:
        threading.Thread(
            target=worker.stop.set
        ).start()  # a thread, because the interrupted one may hold the Event's lock

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    click.echo(f"{doing}. Press Ctrl-C to stop.", err=True)
    worker.run()
