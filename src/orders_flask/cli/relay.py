"""orders relay"""

import click

from orders_flask.cli import _worker
from orders_flask.workers import runner


@click.command()
def relay() -> None:
    """Publish the events of the outbox.

    Runs until stopped (Ctrl-C or SIGTERM). Any number may run at once: each order's events still leave in their order.
    Killing one loses nothing. Where other services have a part in orders, they are also told to give up what they hold
    for orders that do not exist.
    """
    read, container = _worker.load()
    sender = container.relay()
    if read.services:
        runner.BackgroundWorkers().start(container.reservation_releaser(), name="bookings")
    _worker.run(sender, doing=f"Relaying to {'RabbitMQ' if read.broker == 'rabbitmq' else 'the log'}")
