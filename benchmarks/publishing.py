"""Publishing in a process of its own: ``python -m benchmarks.publishing relay 2`` prints what two seconds achieve."""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import pika
from pika.spec import Basic

from orders_flask import settings
from orders_flask.bootstrap.container import Container

BODY = b"x" * 900  # about the size of the message of an order of three products
IN_FLIGHT = 500
LEAST = 8_000
"""The least events or messages of a measurement, so that most of its CPU time is theirs."""


def relay(seconds: float) -> tuple[int, float, float]:
    """Publish the events that wait in the outbox; return their number, the CPU seconds and the seconds."""
    container = Container(settings=settings.load())
    container.relay_events(limit=1)  # opens the connections and imports what it needs
    return _repeat(lambda: int(container.relay_events().sent), seconds)


def pipelined(seconds: float) -> tuple[int, float, float]:
    """Publish persistent messages with at most 500 unconfirmed ones, by pika alone."""
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["RABBITMQ_URL"]))
    channel = connection.channel()
    channel.queue_declare("benchmark", durable=True)
    channel._impl.confirm_delivery(lambda frame: confirm(frame.method))
    tags = {"sent": 0, "confirmed": 0}

    def confirm(method: Basic.Ack) -> None:
        tags["confirmed"] = max(tags["confirmed"], method.delivery_tag) if method.multiple else tags["confirmed"] + 1

    properties = pika.BasicProperties(delivery_mode=2, content_type="application/json", message_id="0" * 36)

    def step() -> int:
        for _ in range(IN_FLIGHT):
            channel._impl.basic_publish("", "benchmark", BODY, properties)
        tags["sent"] += IN_FLIGHT
        while tags["confirmed"] < tags["sent"]:
            connection.process_data_events(time_limit=0.01)  # it waits so long, whatever is confirmed
        return IN_FLIGHT

    try:
        step()
        return _repeat(step, seconds)
    finally:
        channel.queue_delete("benchmark")
        connection.close()


def _repeat(step: Callable[[], int], seconds: float) -> tuple[int, float, float]:
    done, began, cpu = 0, time.monotonic(), time.process_time()
    while (done < LEAST or time.monotonic() - began < seconds) and (more := step()):
        done += more
    return done, time.process_time() - cpu, time.monotonic() - began


def main() -> None:
    ways: dict[str, Callable[[float], Any]] = {"relay": relay, "relay.pika": pipelined}
    events, cpu, seconds = ways[sys.argv[1]](float(sys.argv[2]))
    sys.stdout.write(json.dumps({"events": events, "cpu_seconds": cpu, "seconds": seconds}))
    sys.stdout.flush()
    os._exit(0)  # without waiting for the threads of the container


if __name__ == "__main__":
    main()
