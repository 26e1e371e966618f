"""Process killed (kill -9) in the middle of an export or an import: no row is written twice, no product added twice."""

import signal
import subprocess
import sys
from uuid import uuid4

import pytest

from orders_adapters.testing.examples import ADMIN
from orders_domain.use_cases import RestockProduct
from tests.contract.http.shop.client import shopkeeper
from tests.contract.http.shop.file_client import HEADER, Operator, operator
from tests.support.command import environment
from tests.support.service_stack import Stack

WHEN = [pytest.param("before", marks=pytest.mark.deep), "within"]  # the transaction of the third step
KILLED = """
import os, signal, sys
from orders_adapters.sql import jobs, unit_of_work
from orders_domain.use_cases.catalog import import_products
from orders_domain.use_cases.orders import export_orders
from orders_flask import create_app
from orders_flask.app import container_of

export_orders.MAX_PAGE_SIZE = import_products.BATCH = 2
save, steps = jobs.SqlJobProgress.save_progress, []

def save_and_die(self, job, *, until, written=b""):
    steps.append(job)
    if len(steps) == 3 and sys.argv[1] == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    if len(steps) == 3 and sys.argv[1] == "within":
        save(self, job, until=until, written=written)
        os.kill(os.getpid(), signal.SIGKILL)
    save(self, job, until=until, written=written)

commit, commits = unit_of_work.SqlUnitOfWork.commit, []

def commit_and_die(self):
    commits.append(self)
    if len(commits) == 3 and sys.argv[1] == "commit":
        os.kill(os.getpid(), signal.SIGKILL)
    commit(self)
    if len(commits) == 3 and sys.argv[1] == "committed":
        os.kill(os.getpid(), signal.SIGKILL)

jobs.SqlJobProgress.save_progress = save_and_die
unit_of_work.SqlUnitOfWork.commit = commit_and_die
container_of(create_app()).job_worker(wait=lambda _: None).step()
"""


def kill(stack: Stack, when: str) -> None:
    """Run the due jobs in a process that is killed before or within the transaction of its third step.

    Of an import also right before or after the commit of its products.
    """
    names = {"JWT_SECRET": stack.settings.jwt_secret}
    if not stack.settings.uses_default_database:
        names["DATABASE_URL"] = stack.settings.database_url
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, when], env=environment(**names), cwd=stack.directory, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL


def expire_lease(stack: Stack) -> None:
    stack.rows("UPDATE jobs SET leased_until = created_at WHERE status = 'running'")  # as if its time had passed


@pytest.fixture
def root(stack: Stack) -> Operator:
    return operator(stack)


@pytest.mark.clause("002-34")
@pytest.mark.parametrize("when", WHEN)
def test_killed_export_writes_each_row_once(stack: Stack, root: Operator, when: str) -> None:
    shop = shopkeeper(stack)
    for _ in range(7):
        shop.place()
    accepted = root.export(user_id=shop.caller.subject)

    kill(stack, when)
    left = root.job(accepted)
    expire_lease(stack)
    shop.place()  # newer than all that the export has begun with
    done = root.done(accepted)
    file = root.get(done["file"])
    again = root.get(root.done(root.export(user_id=shop.caller.subject))["file"])

    assert (left["status"], left["orders"]) == ("running", 4)
    assert (done["orders"], done["rows"], done["bytes"]) == (7, 7, len(file.data))
    header, newest, *rest = again.data.splitlines()
    assert newest not in file.data
    assert file.data.splitlines() == [header, *rest]


@pytest.mark.clause("002-34")
@pytest.mark.parametrize(("when", "lines"), [("commit", 4), ("committed", 6)])
def test_killed_import_applies_each_line_once(stack: Stack, root: Operator, when: str, lines: int) -> None:
    skus = [str(uuid4()) for _ in range(7)]
    accepted = root.imported(HEADER + "".join(f"{sku},Tea,1,10\n" for sku in skus) + "bad\n")

    kill(stack, when)
    left = root.job(accepted)
    [(product_id,)] = stack.rows(f"SELECT id FROM products WHERE sku = '{skus[3]}'")
    stack.container.restock_product(RestockProduct(actor=ADMIN, product_id=product_id, quantity=5))
    expire_lease(stack)
    done = root.done(accepted)

    assert (left["status"], left["lines"], left["added"]) == ("running", lines, lines)
    counts = {name: done[name] for name in ("lines", "added", "changed", "unchanged", "refused")}
    assert counts == {"lines": 8, "added": 7, "changed": 0, "unchanged": 0, "refused": 1}
    names = ", ".join(f"'{sku}'" for sku in skus)
    stocks = dict(stack.rows(f"SELECT sku, stock_quantity FROM products WHERE sku IN ({names})"))
    assert stocks == dict.fromkeys(skus, 10) | {skus[3]: 15}  # which a repeated line would have set to 10
    assert root.get(done["refused_lines"]).text.splitlines()[1].startswith("9,")
