"""Deliveries of events, and the sources that they come from."""

import json
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


class NotAnEvent(ValueError):
    """The message is no CloudEvent; to deliver it again would not help."""


def read_event(members: Any) -> Event | None:
    """Return the event of a CloudEvent, or None if its type is unknown; unknown members are ignored.

    Raises:
        NotAnEvent: it is no CloudEvent.
        ValueError: its type is known, and a member is missing or of another type.
    """
    if not isinstance(members, Mapping) or "specversion" not in members or not isinstance(members.get("type"), str):
        raise NotAnEvent("The message must be a CloudEvent.")
    kind = TYPES.get(members["type"])
    return from_json(kind, members) if kind else None


def read_json(body: bytes | str | None) -> Any:
    """Return the parsed body of a message.

    Raises:
        NotAnEvent: it is no JSON.
    """
    try:
        return json.loads(body or b"")
    except (ValueError, RecursionError) as error:
        raise NotAnEvent(f"The message must be JSON: {error}") from error
