"""Placed orders as tasks of a stock Celery worker, a process without the service's code.

The broker is started for the test, because a worker leaves exchanges and queues behind.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orders_adapters.rabbitmq.event_publisher import RabbitMqEventPublisher
from tests.contract.test_rabbitmq_publisher import an_event
from tests.support.servers.ephemeral import ThrowawayRabbit, processes
from tests.support.servers.rabbitmq import RabbitServer

QUEUE = "new_order"
WORKER = """
import json
from celery import Celery

app = Celery(broker={url!r})
{settings}

@app.task(name="orders.new_order", bind=True)
def new_order(self, order_id, user_id):
    with open({report!r}, "a") as report:
        print(json.dumps([self.request.id, order_id, user_id]), file=report)
"""


@contextmanager
def worker(directory: Path, *, url: str, settings: str = "") -> Iterator[Path]:
    """Run `celery -A shop worker -Q new_order`; yield the file that its task writes a line to at every run."""
    report = directory / "report"
    report.touch()
    (directory / "shop.py").write_text(WORKER.format(url=url, report=str(report), settings=settings))
    command = [
        "-m",
        "celery",
        "-A",
        "shop",
        "worker",
        "-Q",
        QUEUE,
        "--pool",
        "solo",
        "--without-mingle",
        "--without-gossip",
    ]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, *command], cwd=directory, stdout=log, stderr=log)
    try:
        yield report
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            processes.kill(process)


def lines(report: Path, count: int) -> list[object]:
    deadline = time.monotonic() + 60
    while len(report.read_text().splitlines()) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    return [json.loads(line) for line in report.read_text().splitlines()]


@pytest.fixture
def broker(throwaway_rabbit: ThrowawayRabbit) -> Iterator[ThrowawayRabbit]:
    """A broker without the queue, and without the exchange that a worker declares."""
    yield throwaway_rabbit
    with RabbitServer(throwaway_rabbit.url).channel() as channel:
        channel.queue_delete(QUEUE)
        channel.exchange_delete(QUEUE)


@pytest.mark.clause("000-22")
@pytest.mark.parametrize("first", ["publisher", "worker"])
def test_celery_worker_runs_placed_orders(broker: ThrowawayRabbit, tmp_path: Path, first: str) -> None:
    publisher = RabbitMqEventPublisher(broker.url)
    events = [an_event() for _ in range(20)]
    if first == "publisher":
        assert set(publisher.publish(events[:10])) == {None}

    with worker(tmp_path, url=broker.url) as report:
        if first == "worker":
            wait_for_consumer(RabbitServer(broker.url))
            assert set(publisher.publish(events[:10])) == {None}
        lines(report, 10)
        assert set(publisher.publish(events[10:])) == {None}
        ran = lines(report, 20)

    assert ran == [[str(event.id), str(event.order_id), "ada"] for event in events]
    publisher.close()


@pytest.mark.clause("000-22")
def test_celery_worker_runs_from_quorum_queue(broker: ThrowawayRabbit, tmp_path: Path) -> None:
    publisher = RabbitMqEventPublisher(broker.url, queue_type="quorum")
    event = an_event()
    assert publisher.publish([event]) == [None]

    quorum = 'app.conf.task_create_missing_queue_type = "quorum"'
    with worker(tmp_path, url=broker.url, settings=quorum) as report:
        ran = lines(report, 1)

    assert ran == [[str(event.id), str(event.order_id), "ada"]]
    publisher.close()


def wait_for_consumer(server: RabbitServer) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with server.channel() as channel:
            try:
                if channel.queue_declare(QUEUE, passive=True).method.consumer_count:
                    return
            except Exception:  # noqa: BLE001 - not there yet, and the channel is closed
                pass
        time.sleep(0.1)
