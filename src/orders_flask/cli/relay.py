"""The ``orders relay`` command."""

import click

from orders_flask.cli import _worker
from orders_flask.workers import runner

_DOING = {
    "rabbitmq": "Relaying events to RabbitMQ",
    "log": "Relaying events to the log, which is the broker of the embedded default",
    "none": "Events wait in the outbox, because there is no broker (set RABBITMQ_URL); purging expired data",
}


@click.command()
def relay() -> None:
    """Publish the events of the outbox.

    Runs until stopped (Ctrl-C or SIGTERM). Several relays may run at once: the events of an order are still
    published in order. Killing a relay loses no event. A relay also cancels orders that were not paid in
    time, and ends due stock holds.
    If CATALOG_SERVICE_URL or SHIPMENT_SERVICE_URL is set, the relay also releases reservations of orders that
    were never stored.
    """
    read, container = _worker.load()
    outbox_relay = container.relay()
    background = runner.BackgroundWorkers()
    background.start(container.data_purger(), name="data purger")
    background.start(container.order_expirer(), name="order expirer")
    if read.services:
        background.start(container.reservation_releaser(), name="reservation releaser")
    _worker.run(outbox_relay, doing=_DOING[read.broker])
