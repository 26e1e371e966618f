"""What an event looks like on the broker: a CloudEvent for everybody, and a placed order a task for Celery, too."""

from __future__ import annotations

from dataclasses import dataclass

from pika import BasicProperties, DeliveryMode

from orders_adapters.rabbitmq.topology import Topology
from orders_adapters.serialization import cloudevents
from orders_domain.model.events import ORDER_PLACED, USER_NOTIFICATION, Event

TASK = "orders.new_order"
USER_NOTIFICATIONS = "user-notifications"
"""The routing key of notifications as they are, for whoever delivers them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message; ``needed`` says that somebody's queue has to take it."""

    exchange: str
    routing_key: str
    mandatory: bool
    body: bytes
    properties: BasicProperties


def messages_of(event: Event, topology: Topology) -> tuple[Message, ...]:
    """Return the messages that tell of the event, all of them persistent and under the event's id."""
    news = _event_message(event, topology)
    if event.type == ORDER_PLACED:
        return news, _celery_message(event, topology)
    return (news, _notification_message(event, topology)) if event.type == USER_NOTIFICATION else (news,)


def _event_message(event: Event, topology: Topology) -> Message:
    return Message(
        exchange=topology.exchange,
        routing_key=event.type,
        mandatory=False,
        body=cloudevents.event_bytes(event),
        properties=_properties(event, content_type="application/cloudevents+json"),
    )


def _celery_message(event: Event, topology: Topology) -> Message:
    """The message of Celery's protocol 1: the one protocol whose body is an object, and so has room for more members.

    Celery workers of every version run it; protocol 2 wants an array for a body.
    """
    whose = {"order_id": str(event.order_id), "user_id": event.data["user_id"]}
    task = {"task": TASK, "id": str(event.id), "args": [], "kwargs": whose, "retries": 0, "eta": None, "utc": True}
    return Message(
        exchange="",
        routing_key=topology.queue,
        mandatory=True,
        body=cloudevents.json_bytes(whose | task),
        properties=_properties(event, content_type="application/json"),
    )


def _notification_message(event: Event, topology: Topology) -> Message:
    return Message(
        exchange=topology.exchange,
        routing_key=USER_NOTIFICATIONS,
        mandatory=False,
        body=cloudevents.json_bytes(event.data),
        properties=_properties(event, content_type="application/json"),
    )


def _properties(event: Event, *, content_type: str) -> BasicProperties:
    return BasicProperties(
        app_id="orders",
        content_type=content_type,
        content_encoding="utf-8",
        correlation_id=str(event.id),
        delivery_mode=DeliveryMode.Persistent,
        # Never None: some consumers, Celery's among them, read headers without asking whether there are any.
        headers={} if event.traceparent is None else {"traceparent": event.traceparent},
        message_id=str(event.id),
        timestamp=int(event.at.timestamp()),
        type=event.type,
    )
