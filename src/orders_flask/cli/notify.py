"""orders notify"""

import click

from orders_flask import log, settings
from orders_flask.cli.long import stopped_by_signals
from orders_flask.container import Container


@click.command()
def notify() -> None:
    """Send users a message for each change of their orders, until stopped (Ctrl-C or SIGTERM).

    By mail where SMTP_URL is set, else to the log. A notification that comes twice is sent once. What is refused for
    good is put aside with the reason, in the queue NOTIFY_QUEUE.dead or the topic NOTIFICATIONS_TOPIC.dead.
    """
    read = settings.read()
    log.configure(level=read.log_level, form=read.log_format)
    intake = Container(settings=read).notifying()
    kafka = read.tracking_source == "kafka"
    where = f"Kafka's topic {read.notifications_topic}" if kafka else f"RabbitMQ's queue {read.notify_queue}"
    stopped_by_signals(intake.stop)
    click.echo(f"Sending {where} by {'mail' if read.smtp_url else 'the log'}. Ctrl-C stops.", err=True)
    intake.run()
