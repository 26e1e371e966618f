"""Deliveries of events, and the sources that they come from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from orders_client.events import TYPES, Event
from orders_client.json_values import from_json


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """An event that was delivered, and the position behind it if it is the last of a page.

    Attributes:
        event: the event, or None if its type is not known to this release of the client.
        position: stored with the effect of the event, for the next start; None to store none.
    """

    event: Event | None
    position: str | None = None


class Source(Protocol):
    """Delivers events at least once, those of an order in their order."""

    def deliveries(self, position: str | None) -> Iterator[Delivery | None]:
        """Yield the deliveries behind a position, and None whenever there is none at the moment.

        The delivery before counts as handled when the next one is asked for. One that is not is delivered again.
        """


def read_event(members: Mapping[str, Any]) -> Event | None:
    """Return the event of a CloudEvent, or None if its type is unknown; unknown members are ignored.

    Raises:
        ValueError: it is no event of the service.
    """
    if kind := TYPES.get(members.get("type", "")):
        return from_json(kind, members)
    if "specversion" in members:
        return None
    raise ValueError("The message must be a CloudEvent.")
