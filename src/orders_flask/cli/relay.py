"""orders relay"""

import signal
import threading

import click

from orders_flask import log, settings
from orders_flask.container import Container


@click.command()
def relay() -> None:
    """Send what waits in the outbox, until stopped (Ctrl-C or SIGTERM).

    Any number may run at once: each order's events still leave in their order. Killing one loses nothing.
    """
    read = settings.read()
    log.configure(level=read.log_level, form=read.log_format)
    worker = Container(settings=read).relay()

    def stop(*_: object) -> None:
        threading.Thread(target=worker.stop.set).start()  # an Event's lock may be held by the thread interrupted

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    click.echo(f"Relaying to {'RabbitMQ' if read.broker == 'rabbitmq' else 'the log'}. Ctrl-C stops.", err=True)
    worker.run()
