"""orders notify"""

import click

from orders_flask.cli import _worker


@click.command()
def notify() -> None:
    """Notify users of each change of their orders.

    Runs until stopped (Ctrl-C or SIGTERM). Sends by mail where SMTP_URL is set, else to the log. A notification that
    comes twice is sent once. What is refused for good is put aside with the reason, in the queue NOTIFY_QUEUE.dead or
    the topic NOTIFICATIONS_TOPIC.dead.
    """
    read, container = _worker.load()
    source = _worker.source(read, queue=read.notify_queue, topic=read.notifications_topic)
    _worker.run(container.notification_worker(), doing=f"Sending {source} by {'mail' if read.smtp_url else 'the log'}")
