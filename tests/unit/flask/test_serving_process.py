"""A process that begins to serve starts its workers once, and excludes its own objects from garbage collection."""

import gc

from orders_adapters.testing.threads import at_once
from orders_flask.workers.runner import BackgroundWorkers
from orders_flask.workers.serving_process import ServingProcess


def test_workers_start_once_and_the_heap_is_frozen() -> None:
    started: list[BackgroundWorkers] = []
    process = ServingProcess(started.append)
    gc.unfreeze()

    at_once(*[process.start] * 8)

    frozen = gc.get_freeze_count()
    assert (len(started), frozen > len(gc.get_objects())) == (1, True)
    process.start()
    assert gc.get_freeze_count() <= frozen
    process.stop()


def test_stopped_process_starts_no_workers() -> None:
    started: list[BackgroundWorkers] = []
    process = ServingProcess(started.append)

    process.stop()
    process.start()

    assert started == []
