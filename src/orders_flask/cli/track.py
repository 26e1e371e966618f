"""orders track"""

import click

from orders_flask.cli import _worker


@click.command()
def track() -> None:
    """Apply the carriers' events of shipments to the orders.

    Runs until stopped (Ctrl-C or SIGTERM). Any number may run at once. Killing one loses nothing: an event that comes
    again is known by its id. What cannot be read or applied is put aside with the reason, in the queue
    TRACKING_QUEUE.dead or the topic TRACKING_TOPIC.dead.
    """
    read, container = _worker.load()
    source = _worker.source(read, queue=read.tracking_queue, topic=read.tracking_topic)
    _worker.run(container.tracking_worker(), doing=f"Taking tracking events from {source}")
