"""orders relay"""

import signal
import threading

import click

from orders_flask import log, settings
from orders_flask.container import Container
from orders_flask.workers import loop


@click.command()
def relay() -> None:
    """Send what waits in the outbox, until stopped (Ctrl-C or SIGTERM).

    Any number may run at once: each order's events still leave in their order. Killing one loses nothing. Where other
    services have a part in orders, they are also told to give up what they hold for orders that do not exist.
    """
    read = settings.read()
    log.configure(level=read.log_level, form=read.log_format)
    container = Container(settings=read)
    worker = container.relay()
    if read.services:
        loop.start(container.booking_worker().run, name="bookings")

    def stop(*_: object) -> None:
        threading.Thread(target=worker.stop.set).start()  # an Event's lock may be held by the thread interrupted

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    click.echo(f"Relaying to {'RabbitMQ' if read.broker == 'rabbitmq' else 'the log'}. Ctrl-C stops.", err=True)
    worker.run()
