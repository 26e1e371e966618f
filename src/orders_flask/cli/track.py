"""orders track"""

import click

from orders_flask import log, settings
from orders_flask.cli.long import stopped_by_signals
from orders_flask.container import Container


@click.command()
def track() -> None:
    """Take what carriers tell of shipments, and bring the orders up to it, until stopped (Ctrl-C or SIGTERM).

    Any number may run at once. Killing one loses nothing: an event that comes again is known by its id. What cannot be
    read or applied is put aside with the reason, in the queue TRACKING_QUEUE.dead or the topic TRACKING_TOPIC.dead.
    """
    read = settings.read()
    log.configure(level=read.log_level, form=read.log_format)
    intake = Container(settings=read).tracking()
    kafka = read.tracking_source == "kafka"
    where = f"Kafka's topic {read.tracking_topic}" if kafka else f"RabbitMQ's queue {read.tracking_queue}"
    stopped_by_signals(intake.stop)
    click.echo(f"Taking tracking events from {where}. Ctrl-C stops.", err=True)
    intake.run()
