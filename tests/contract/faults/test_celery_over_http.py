"""Celery compatibility under load: a stock worker runs the task of each order placed over HTTP."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.faults.load import Customer
from tests.contract.faults.service import Process, Service, within

TASKS = """
import json
from celery import Celery

app = Celery(broker={url!r})

@app.task(name="orders.new_order")
def new_order(**named):
    with open({report!r}, "a") as report:
        print(json.dumps(named), file=report)
"""


@pytest.mark.clause("000-05")
@pytest.mark.clause("000-22")
def test_celery_worker_runs_every_order_task(service: Service, tmp_path: Path) -> None:
    report = tmp_path / "report"
    (tmp_path / "tasks.py").write_text(TASKS.format(url=service.rabbitmq_url, report=str(report)))
    command = [sys.executable, "-m", "celery", "--workdir", str(tmp_path), "-A", "tasks", "worker", "-Q", service.name]

    log = tmp_path / "celery.log"
    with log.open("wb") as output:
        celery = subprocess.Popen([*command, "--pool", "solo"], stdout=output, stderr=output)
    with Process(celery, log), service.serve() as web:
        placed = []
        for subject in ("ada", "grace"):
            customer = Customer(service, web, subject)
            placed += [{"order_id": customer.place().body["id"], "user_id": subject} for _ in range(5)]
            customer.close()
        within(60, lambda: report.exists() and len(report.read_text().splitlines()) >= 10, "the worker runs too few")

    ran = [json.loads(line) for line in report.read_text().splitlines()]
    assert sorted(ran, key=str) == sorted(placed, key=str)
