"""Celery compatibility: a stock worker runs the task of an order placed over HTTP."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.client import Caller
from tests.support.service_stack import Stack

WORKER = """
import json
from celery import Celery

app = Celery(broker={url!r})

@app.task(name="orders.new_order")
def new_order(order_id, user_id):
    with open("report", "a") as report:
        print(json.dumps([order_id, user_id]), file=report)
"""


@contextmanager
def worker(directory: Path, *, url: str, queue: str) -> Iterator[Path]:
    """Run a worker on the queue; yield the file to which its task appends a line per run."""
    (directory / "shop.py").write_text(WORKER.format(url=url))
    (report := directory / "report").touch()
    command = [sys.executable, "-m", "celery", "-A", "shop", "worker", "-Q", queue, "--pool", "solo"]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--without-mingle", "--without-gossip"], cwd=directory, stdout=log, stderr=log
        )
    try:
        yield report
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.clause("000-22")
@pytest.mark.parametrize("stack", ["real"], indirect=True)
def test_celery_worker_runs_order_task(stack: Stack, ann: Caller, tmp_path: Path) -> None:
    stack.relayed()
    order = ann.place()
    with worker(tmp_path, url=stack.settings.rabbitmq_url, queue=stack.settings.new_order_queue) as report:
        deadline = time.monotonic() + 60
        while not report.read_text().endswith("\n") and time.monotonic() < deadline:
            stack.container.relay_events()  # it waits if the broker was slow
            time.sleep(0.05)

    assert [json.loads(line) for line in report.read_text().splitlines()] == [[order["id"], ann.subject]]
