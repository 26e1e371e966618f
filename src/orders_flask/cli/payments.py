"""The ``orders payments`` command."""

import click

from orders_flask.cli import _worker


@click.command()
def payments() -> None:
    """Record payment providers' facts.

    Runs until stopped (Ctrl-C or SIGTERM). Several may run at once. Killing one loses no fact, because facts are
    deduplicated by id. A fact that cannot be parsed or recorded is moved, with the reason, to the queue
    PAYMENTS_QUEUE.dlq or the topic PAYMENTS_TOPIC.dlq.
    """
    read, container = _worker.load()
    source = _worker.source(read, queue=read.payments_queue, topic=read.payments_topic)
    _worker.run(container.payment_worker(), doing=f"Consuming payment facts from {source}")
