"""Wake-up signal of the relay: by NOTIFY, by its own process, by timeout, or by close."""

import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.mappers import event_values, insert_all
from orders_adapters.sql.outbox.listen_notify import NotifyListener, listener_for
from orders_adapters.sql.outbox.wakeup import WakeupSignal
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_domain.model import events
from tests.contract.sql.test_outbox import end_other_connections
from tests.support.builders import an_order, placed
from tests.support.servers.ephemeral.server import free_port

TIMEOUT = 20.0


@contextmanager
def wakeup_signal(engine: Engine) -> Iterator[WakeupSignal]:
    """A listening signal that has no pending wake-up."""
    signal = WakeupSignal(engine)
    try:
        signal.wait(0)
        signal.wait(0)
        yield signal
    finally:
        signal.close()


def seconds_waited(
    signal: WakeupSignal, seconds: float = TIMEOUT, *, meanwhile: Callable[[], object] | None = None
) -> float:
    """The seconds that the signal waited while ``meanwhile`` ran after a short delay."""
    timer = threading.Timer(0.2, meanwhile) if meanwhile else None
    if timer:
        timer.start()
    began = time.monotonic()
    signal.wait(seconds)
    took = time.monotonic() - began
    if timer:
        timer.join()
    return took


def test_other_process_wakes_the_relay(on_postgresql: Engine) -> None:
    with wakeup_signal(on_postgresql) as signal:
        assert 0.1 < seconds_waited(signal, meanwhile=lambda: placed(on_postgresql)) < 2


def test_rollback_does_not_wake_the_relay(on_postgresql: Engine) -> None:
    def place_and_roll_back() -> None:
        with SqlUnitOfWork(on_postgresql) as uow:
            uow.orders.add(an_order())

    with wakeup_signal(on_postgresql) as signal:
        assert seconds_waited(signal, 0.6, meanwhile=place_and_roll_back) > 0.5


def test_commit_in_process_wakes_the_relay(engine: Engine) -> None:
    with wakeup_signal(engine) as signal:

        def place() -> None:
            with SqlUnitOfWork(engine, on_commit=signal.set) as uow:
                uow.commit()  # the database notifies of nothing

        assert 0.1 < seconds_waited(signal, meanwhile=place) < 2


def test_early_signal_wakes_the_next_wait_once(engine: Engine) -> None:
    with wakeup_signal(engine) as signal:
        for _ in range(100_000):
            signal.set()

        assert seconds_waited(signal, 0.5) < 0.1
        while seconds_waited(signal, 0.5) < 0.1:
            pass


def test_timeout_ends_the_wait(engine: Engine) -> None:
    with wakeup_signal(engine) as signal:
        assert 0.3 <= seconds_waited(signal, 0.3) < 1


def test_close_ends_all_waits(engine: Engine) -> None:
    with wakeup_signal(engine) as signal:
        assert seconds_waited(signal, meanwhile=signal.close) < 2
        assert seconds_waited(signal) < 0.1
        signal.set()
        signal.close()


def test_listener_reconnects_after_disconnect(on_postgresql: Engine) -> None:
    with wakeup_signal(on_postgresql) as signal:
        assert seconds_waited(signal, meanwhile=lambda: end_other_connections(on_postgresql)) < 2
        while seconds_waited(signal, 0.5) < 0.4:
            pass  # it listens again, and the relay should check what it missed
        assert 0.1 < seconds_waited(signal, meanwhile=lambda: placed(on_postgresql)) < 2


def test_unreachable_listener_polls_on_timeout(connect: Callable[..., Engine]) -> None:
    with wakeup_signal(connect(f"postgresql://127.0.0.1:{free_port()}/orders")) as signal:
        assert 0.3 <= seconds_waited(signal, 0.3) < 1
        assert 0.1 < seconds_waited(signal, meanwhile=signal.set) < 2


@pytest.mark.parametrize("writers", [8])
def test_writers_do_not_queue_for_notify_lock(on_postgresql: Engine, writers: int) -> None:
    """A transaction that holds the NOTIFY lock lets the others commit."""
    placed(on_postgresql)
    order = an_order()
    with wakeup_signal(on_postgresql) as signal, on_postgresql.connect() as slow:
        insert_all(slow, tables.outbox, [event_values(events.event_for(entry, order)) for entry in order.new_entries])
        began = time.monotonic()
        for _ in range(writers):
            placed(on_postgresql)
        assert time.monotonic() - began < 1
        assert seconds_waited(signal, 0.3) > 0.2
        slow.commit()
        assert seconds_waited(signal) < 1


def test_listener_reports_each_new_connection(on_postgresql: Engine) -> None:
    listener = listener_for(on_postgresql)
    assert listener
    try:
        assert [listener.connect(), listener.connect()] == [True, False]
        assert len(listener.filenos()) == 1

        end_other_connections(on_postgresql)
        while listener.filenos():  # the reason of the end first, then the end
            assert select.select(listener.filenos(), [], [], TIMEOUT)[0]
            listener.drain()
        assert listener.connect()
    finally:
        listener.close()


def test_unreachable_database_has_no_listener() -> None:
    listener = NotifyListener(engines.create(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"))

    assert not listener.connect()
    assert listener.filenos() == []
