"""The ``orders notify`` command."""

import click

from orders_flask.cli import _worker


@click.command()
def notify() -> None:
    """Notify users of every change of their orders.

    Runs until stopped (Ctrl-C or SIGTERM). If SMTP_URL is set, notifications are sent by mail, otherwise they are
    logged. Duplicates are sent once. A notification that is rejected permanently is moved, with the reason, to the
    queue NOTIFY_QUEUE.dlq or the topic NOTIFICATIONS_TOPIC.dlq.
    """
    read, container = _worker.load()
    source = _worker.source(read, queue=read.notify_queue, topic=read.notifications_topic)
    channel = "mail" if read.smtp_url else "the log"
    _worker.run(container.notification_worker(), doing=f"Sending notifications of {source} by {channel}")
