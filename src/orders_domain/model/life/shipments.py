"""Shipments of an order: parcels with units of its lines, each with the events of its carrier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from orders_domain.errors import InvalidValue
from orders_domain.model.values.json_values import JSON, bounded_text_error, known
from orders_domain.model.values.timestamps import parse_timestamp

MAX_CARRIER_LENGTH = 64
MAX_TRACKING_LENGTH = 255
MAX_EVENT_ID_LENGTH = 255
MAX_EVENT_TEXT_LENGTH = 1_000


class ShipmentState(Enum):
    """The states, in the order in which a shipment passes them; an earlier one that arrives late is only recorded."""

    PENDING = "pending"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    FAILED = "failed"
    DELIVERED = "delivered"
    RETURNED = "returned"


FAILURES = (ShipmentState.FAILED, ShipmentState.RETURNED)
"""The states of which the customer and administrators are notified: the goods did not arrive, or came back."""
_RANKS = {state: rank for rank, state in enumerate(ShipmentState)}


def latest_state(*states: ShipmentState) -> ShipmentState:
    """Return the state that a shipment passes last."""
    return max(states, key=_RANKS.__getitem__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentEvent:
    """An event of the carrier, recorded once by its id.

    Raises:
        InvalidValue: the id or the text is not a string of 1 to 255 or 1,000 storable characters.
    """

    event_id: str
    state: ShipmentState
    occurred_at: datetime
    text: str | None = None

    def __post_init__(self) -> None:
        if error := bounded_text_error(self.event_id, max_length=MAX_EVENT_ID_LENGTH):
            raise InvalidValue(f"event_id {error}.", field="event_id")
        if self.text is not None and (error := bounded_text_error(self.text, max_length=MAX_EVENT_TEXT_LENGTH)):
            raise InvalidValue(f"text {error}.", field="text")

    def as_json(self) -> dict[str, JSON]:
        return {
            "event_id": self.event_id,
            "state": self.state.value,
            "occurred_at": self.occurred_at.astimezone(UTC).isoformat(),
            "text": self.text,
        }

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> ShipmentEvent:
        state, at = ShipmentState(members["state"]), parse_timestamp(members["occurred_at"])
        return cls(event_id=members["event_id"], state=state, occurred_at=at, text=members["text"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """A parcel.

    Raises:
        InvalidValue: the carrier or the tracking number is not a string of 1 to 64 or 255 storable characters.
    """

    id: str
    number: int  # in the order, from 1
    lines: tuple[tuple[int, int], ...]  # number of a line and quantity
    carrier: str | None = None
    tracking_number: str | None = None
    state: ShipmentState = ShipmentState.PENDING
    events: tuple[ShipmentEvent, ...] = ()

    def __post_init__(self) -> None:
        for name, longest in (("carrier", MAX_CARRIER_LENGTH), ("tracking_number", MAX_TRACKING_LENGTH)):
            text = getattr(self, name)
            if text is not None and (error := bounded_text_error(text, max_length=longest)):
                raise InvalidValue(f"{name} {error}.", field=name)

    def state_after(self, event: ShipmentEvent) -> ShipmentState:
        """Return the state of the event, unless the shipment has passed it."""
        return latest_state(self.state, event.state)

    def as_json(self) -> dict[str, JSON]:
        return {
            "id": self.id,
            "number": self.number,
            "lines": [list(line) for line in self.lines],
            "carrier": self.carrier,
            "tracking_number": self.tracking_number,
            "state": self.state.value,
            "events": [event.as_json() for event in self.events],
        }

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> Shipment:
        changed = {
            "lines": tuple((number, units) for number, units in members["lines"]),
            "state": ShipmentState(members["state"]),
            "events": tuple(map(ShipmentEvent.from_json, members["events"])),
        }
        return cls(**{**known(cls, members), **changed})


@dataclass(frozen=True, slots=True)
class ShipmentSums:
    """The number of shipments, of those that are delivered, and of the units in them."""

    count: int = 0
    delivered: int = 0
    units: int = 0

    def __add__(self, other: ShipmentSums) -> ShipmentSums:
        return ShipmentSums(self.count + other.count, self.delivered + other.delivered, self.units + other.units)

    def __sub__(self, other: ShipmentSums) -> ShipmentSums:
        return self + ShipmentSums(-other.count, -other.delivered, -other.units)

    def as_json(self) -> list[JSON]:
        return [self.count, self.delivered, self.units] if self.count else []


NO_SHIPMENTS = ShipmentSums()


def sums_of(shipments: Iterable[Shipment]) -> ShipmentSums:
    sums = NO_SHIPMENTS
    for shipment in shipments:
        sums += ShipmentSums(1, shipment.state is ShipmentState.DELIVERED, sum(units for _, units in shipment.lines))
    return sums
