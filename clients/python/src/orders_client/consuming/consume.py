"""The loop of a consumer: each delivered event is handled, once."""

import threading
from typing import TypeVar

from orders_client.consuming.deliveries import Source
from orders_client.consuming.inbox import Handler, Inbox

T = TypeVar("T")


def consume(
    source: Source,
    handler: Handler[T],
    inbox: Inbox[T],
    *,
    until_empty: bool = False,
    stop: threading.Event | None = None,
) -> int:
    """Handle the events of the source; return the number of those that were handled.

    It goes on until `stop` is set, or with `until_empty` until no event waits. An error of the handler ends it; the
    event is delivered again to the next call. Events of types that this release does not know are passed over.
    """
    handled = 0
    for delivery in source.deliveries(inbox.position()):
        if stop and stop.is_set():
            break
        if delivery and (delivery.event or delivery.position):
            handled += inbox.handle(delivery.event, handler, position=delivery.position)
        elif until_empty and delivery is None:
            break
    return handled
