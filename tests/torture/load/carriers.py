"""Carriers: they publish tracking events to RabbitMQ, twice and in random order."""

import json
import threading
from datetime import UTC, datetime
from typing import Any

import pika
from pika import BasicProperties, DeliveryMode
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError

from tests.torture.load.actor import Actor
from tests.torture.load.shared import PlacedOrder, Shared
from tests.torture.log import Operation, Outcome, now

QUEUE = "tracking_events"
DURABLE = BasicProperties(delivery_mode=DeliveryMode.Persistent)
"""RabbitMQ confirms a transient message too, and forgets it when it is killed."""

TELLINGS = (["CONFIRMED"], ["IN_TRANSIT"], ["CONFIRMED", "IN_TRANSIT", "DELIVERED"], ["FAILED"])


class Carrier(Actor):
    pause = (0.1, 0.4)

    def __init__(self, name: str, shared: Shared, *, seed: int, url: str) -> None:
        super().__init__(name, shared, seed=seed)
        self._url = url
        self._connection: BlockingConnection | None = None
        self._channel: BlockingChannel | None = None

    def act(self) -> None:
        order = self.shared.pick(self.chance, "ostore", newest=80)
        if order is None:
            return
        words = self.chance.choice(TELLINGS)
        events = [self._event(order, word) for word in words] * self.chance.choice((1, 2))
        self.chance.shuffle(events)
        for event in events:
            self._insist_on(event)

    def close(self) -> None:
        super().close()
        self._disconnect()

    def _event(self, order: PlacedOrder, word: str) -> dict[str, Any]:
        at = datetime.now(UTC).isoformat()
        return {"eventId": self.new_id(), "orderID": int(order.ref), "status": word, "occurredAt": at}

    def _insist_on(self, event: dict[str, Any]) -> None:
        while True:
            began = now()
            try:
                self._open_channel().basic_publish("", QUEUE, json.dumps(event), DURABLE, mandatory=True)
                outcome, detail = Outcome.ACKNOWLEDGED, ""
            except (AMQPError, OSError) as error:
                self._disconnect()
                outcome, detail = Outcome.UNKNOWN, repr(error)
            self.shared.log.add(
                Operation(
                    client=self.name,
                    kind="carrier.publish",
                    request_id=event["eventId"],
                    began=began,
                    ended=now(),
                    outcome=outcome,
                    order=str(event["orderID"]),
                    word=event["status"],
                    detail=detail,
                )
            )
            if outcome is Outcome.ACKNOWLEDGED or not self.shared.patient:
                return
            threading.Event().wait(0.3)

    def _open_channel(self) -> BlockingChannel:
        if self._channel is None:
            parameters = pika.URLParameters(self._url)
            parameters.socket_timeout, parameters.stack_timeout = 2, 4
            parameters.heartbeat, parameters.blocked_connection_timeout = 6, 6
            self._connection = BlockingConnection(parameters)
            self._channel = self._connection.channel()
            self._channel.confirm_delivery()
        return self._channel

    def _disconnect(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        try:
            if connection is not None and connection.is_open:
                connection.close()
        except (AMQPError, OSError):
            pass
