"""Serialization of events as CloudEvents 1.0 for the broker."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from orders_adapters.serialization.broker_messages import published_data
from orders_adapters.serialization.json_format import decode, format_timestamp, json_bytes
from orders_domain.model.events import Event
from orders_domain.model.values.json_values import checked
from orders_domain.model.values.timestamps import parse_timestamp

SOURCE = "/orders"


def event_bytes(event: Event) -> bytes:
    """Return the event as a CloudEvents 1.0 JSON message in structured mode."""
    return json_bytes({**event_attributes(event), "data": published_data(event)})


def event_attributes(event: Event) -> dict[str, str | int]:
    """Return the CloudEvents 1.0 attributes of an event, without its data."""
    trace = {} if event.traceparent is None else {"traceparent": event.traceparent}
    return {
        "specversion": "1.0",
        "id": str(event.id),
        "source": SOURCE,
        "type": event.type,
        "subject": str(event.order_id),
        "time": format_timestamp(event.at),
        "datacontenttype": "application/json",
        "orderversion": event.version,
        **trace,
    }


def read_event(raw: bytes) -> Event:
    """Return the event of a message, with its data as published (see ``published_data``). Unknown members are ignored.

    Raises:
        DecodeError: the message is not an event of an order.
    """
    return decode(raw, _event)


def _event(message: Any) -> Event:
    if message["specversion"] != "1.0":
        raise ValueError("specversion must be 1.0")
    return Event(
        id=UUID(message["id"]),
        type=checked(str, message["type"]),
        order_id=UUID(message["subject"]),
        version=checked(int, message["orderversion"]),
        at=parse_timestamp(message["time"]),
        data=checked(dict, message["data"]),
        traceparent=checked(str, message["traceparent"]) if "traceparent" in message else None,
    )
