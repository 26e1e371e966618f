"""Consumers: each event is handled once, from the event feed, RabbitMQ or Kafka."""

from orders_client.consuming.consume import consume
from orders_client.consuming.deliveries import Delivery, NotAnEvent, Source, read_event
from orders_client.consuming.feed import EventFeed
from orders_client.consuming.inbox import Inbox, SqlInbox

__all__ = ["Delivery", "EventFeed", "Inbox", "NotAnEvent", "Source", "SqlInbox", "consume", "read_event"]
