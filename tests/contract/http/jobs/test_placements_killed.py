"""Process killed (kill -9) between placing the order of a job and storing the answer: one order, one answer."""

import signal
import subprocess
import sys

import pytest

from tests.contract.http.jobs.test_placements import defer, request_to, run, state
from tests.support.client import Caller
from tests.support.command import environment
from tests.support.service_stack import Stack

KILLED = """
import os, signal
from dependency_injector import providers
from orders_flask import create_app
from orders_flask.app import container_of

container = container_of(create_app())
answer = container.answer_request()

def answer_and_die(job):
    answer(job)
    os.kill(os.getpid(), signal.SIGKILL)

container.answer_request.override(providers.Object(answer_and_die))
container.job_worker(wait=lambda _: None).step()
"""


@pytest.mark.clause("002-34")
@pytest.mark.parametrize("contract", ["checkout", "ostore"])
def test_killed_placement_is_one_order(stack: Stack, ann: Caller, contract: str) -> None:
    key = {"checkout": "key", "ostore": ""}[contract]
    response = defer(ann, request_to(stack, contract, ann), key)
    variables = environment(
        DATABASE_URL=stack.settings.database_url,
        JWT_SECRET=stack.settings.jwt_secret,
        CART_SNAPSHOT_SECRET=stack.settings.cart_snapshot_secret,
    )

    killed = subprocess.run([sys.executable, "-c", KILLED], env=variables, cwd=stack.directory, timeout=60)
    left = state(ann, response)
    run(stack)
    leased = state(ann, response)
    stack.rows("UPDATE jobs SET leased_until = created_at WHERE status = 'running'")  # as if the lease had expired
    run(stack)
    done = state(ann, response)

    assert killed.returncode == -signal.SIGKILL
    assert (left["status"], leased["status"], done["status"]) == ("running", "running", "succeeded")
    assert stack.rows(f"SELECT count(*) FROM orders WHERE user_id = '{ann.subject}'") == [(1,)]
    assert done["answer"]["status"] == 201
    assert done["answer"]["headers"].get("x-idempotent-replay", "false") == "false"
