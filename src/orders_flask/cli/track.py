"""The ``orders track`` command."""

import click

from orders_flask.cli import _worker


@click.command()
def track() -> None:
    """Apply carriers' tracking events to the orders.

    Runs until stopped (Ctrl-C or SIGTERM). Several may run at once. Killing one loses no event, because events are
    deduplicated by id. An event that cannot be parsed or applied is moved, with the reason, to the queue
    TRACKING_QUEUE.dlq or the topic TRACKING_TOPIC.dlq.
    """
    read, container = _worker.load()
    source = _worker.source(read, queue=read.tracking_queue, topic=read.tracking_topic)
    _worker.run(container.tracking_worker(), doing=f"Consuming tracking events from {source}")
