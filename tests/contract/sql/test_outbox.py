"""Outbox of the SQL adapters: blocked events, shard locks, and relays that are killed."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from orders_adapters.sql import migrate
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.outbox.repository import SqlOutbox
from orders_adapters.sql.sharding import shard_of
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_domain.errors import StoreUnavailable
from orders_domain.ports.outbox import OutboxState
from tests.support.builders import LATER, NOON, all_outgoing, an_order, due, marked, paid_and_shipped, placed

HOLD_FOR_EVER = """
import sys, time
from datetime import UTC, datetime
from orders_adapters.sql.engine import engine
from orders_adapters.sql.outbox.repository import SqlOutbox
with SqlOutbox(engine.create(sys.argv[1])).claim(int(sys.argv[2]), now=datetime.now(UTC), limit=9) as claim:
    print(claim is not None, flush=True)
    time.sleep(600)
"""


def test_events_are_claimed_in_version_order(engine: Engine) -> None:
    order = paid_and_shipped(engine)

    assert due(engine, order) == [1, 2, 3]
    assert due(engine, order, limit=2) == [1, 2]


def test_parked_event_blocks_only_its_order(engine: Engine) -> None:
    order = paid_and_shipped(engine)
    marked(engine, order, 1, OutboxState.SENT)

    marked(engine, order, 2, OutboxState.PARKED)

    assert due(engine, order, now=LATER) == []
    assert SqlOutbox(engine).due_shards(LATER) == []
    other = placed(engine)
    assert due(engine, other) == [1]
    assert SqlOutbox(engine).due_shards(NOON) == [shard_of(other.id)]


def test_delayed_event_blocks_until_due(engine: Engine) -> None:
    order = paid_and_shipped(engine)

    marked(engine, order, 1, OutboxState.WAITING, due_at=LATER, attempts=1)

    assert due(engine, order, now=LATER - timedelta(microseconds=1)) == []
    assert due(engine, order, now=LATER) == [1, 2, 3]


@pytest.mark.parametrize("state", [OutboxState.SENT, OutboxState.PUBLISHED])
def test_published_event_blocks_nothing(engine: Engine, state: OutboxState) -> None:
    order = paid_and_shipped(engine)

    marked(engine, order, 1, state, due_at=LATER)

    assert due(engine, order) == [2, 3]


def test_cache_pending_event_is_not_blocked(engine: Engine) -> None:
    order = paid_and_shipped(engine)

    marked(engine, order, 2, OutboxState.PUBLISHED)
    marked(engine, order, 1, OutboxState.PARKED)

    assert due(engine, order) == [2]


def test_shard_is_claimed_by_one_relay(engine: Engine, connect: Callable[..., Engine]) -> None:
    shard = shard_of(placed(engine).id)
    another_process = SqlOutbox(connect(engine.url.render_as_string(hide_password=False)))

    with (
        SqlOutbox(engine).claim(shard, now=NOON, limit=9) as first,
        another_process.claim(shard, now=NOON, limit=9) as second,
        SqlOutbox(engine).claim(shard, now=NOON, limit=9) as third,
    ):
        pass
    with another_process.claim(shard, now=NOON, limit=9) as afterwards:
        pass

    assert (first is None, second, third, afterwards is None) == (False, None, None, False)


def test_postgresql_relays_claim_separate_shards(on_postgresql: Engine) -> None:
    outbox = SqlOutbox(on_postgresql)

    with (
        outbox.claim(1, now=NOON, limit=9) as first,
        outbox.claim(2, now=NOON, limit=9) as second,
        outbox.claim(1, 2, now=NOON, limit=9) as none,
        outbox.claim(1, 2, 3, now=NOON, limit=9) as third,
        outbox.claim(3, now=NOON, limit=9) as taken,
    ):
        assert (first is None, second is None, none, third is None, taken) == (False, False, None, False, None)


def test_in_memory_relay_claims_exclusively(connect: Callable[..., Engine]) -> None:

    engine = connect("sqlite://")
    migrate.upgrade(engine)

    with (
        SqlOutbox(engine).claim(1, now=NOON, limit=9) as first,
        SqlOutbox(engine).claim(1, now=NOON, limit=9) as second,
    ):
        assert (first is None, second) == (False, None)


def test_killed_relay_releases_its_shard(engine: Engine) -> None:
    order = placed(engine)
    address = engine.url.render_as_string(hide_password=False)
    relay = subprocess.Popen(
        [sys.executable, "-c", HOLD_FOR_EVER, address, str(shard_of(order.id))], stdout=subprocess.PIPE, text=True
    )
    assert relay.stdout is not None
    assert relay.stdout.readline() == "True\n"
    with SqlOutbox(engine).claim(shard_of(order.id), now=NOON, limit=9) as while_it_lives:
        pass

    relay.send_signal(signal.SIGKILL)
    relay.communicate()

    assert while_it_lives is None
    give_up_at = time.monotonic() + 5
    while True:
        with SqlOutbox(engine).claim(shard_of(order.id), now=NOON, limit=9) as claim:
            if claim is not None:
                break
        assert time.monotonic() < give_up_at
        time.sleep(0.01)
    assert [message.event.order_id for message in claim.messages] == [order.id]


def test_states_survive_an_exception(engine: Engine) -> None:
    order = paid_and_shipped(engine)

    def mark_and_fail() -> None:
        with SqlOutbox(engine).claim(shard_of(order.id), now=NOON, limit=9) as claim:
            assert claim is not None
            claim.set_state(claim.messages[0].event.id, state=OutboxState.SENT, due_at=NOON, attempts=0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        mark_and_fail()

    assert [message.state.value for message in all_outgoing(engine)] == ["sent", "waiting", "waiting"]


def test_unstorable_broker_text_is_sanitized(engine: Engine) -> None:
    order = placed(engine)

    with SqlOutbox(engine).claim(shard_of(order.id), now=NOON, limit=9) as claim:
        assert claim is not None
        claim.set_state(
            claim.messages[0].event.id,
            state=OutboxState.WAITING,
            due_at=LATER,
            attempts=3,
            last_error="no queue\x00\ud800 bound" + "!" * 5_000,
        )

    [outgoing] = all_outgoing(engine)
    assert (outgoing.attempts, outgoing.due_at) == (3, LATER)
    assert outgoing.last_error == "no queue\N{REPLACEMENT CHARACTER}? bound" + "!" * 5_000


def test_open_claim_does_not_block_writers(engine: Engine) -> None:
    order = placed(engine)

    with SqlOutbox(engine).claim(shard_of(order.id), now=NOON, limit=9):
        began = time.monotonic()
        placed(engine)
        SqlOutbox(engine).requeue([order.id], now=NOON)
        took = time.monotonic() - began

    assert took < 1


def test_claim_outlasts_idle_timeout(on_postgresql: Engine) -> None:

    order = placed(on_postgresql)
    options = "-c idle_in_transaction_session_timeout=200ms"
    hasty = engines.create(
        on_postgresql.url.update_query_dict({"options": options}).render_as_string(hide_password=False)
    )

    with SqlOutbox(hasty).claim(shard_of(order.id), now=NOON, limit=9) as claim:
        time.sleep(0.5)
        assert claim is not None
        claim.set_state(claim.messages[0].event.id, state=OutboxState.SENT, due_at=NOON, attempts=0)
    hasty.dispose()

    assert [message.state for message in all_outgoing(on_postgresql)] == [OutboxState.SENT]


def test_lost_claim_raises_unavailable(on_postgresql: Engine) -> None:
    order = placed(on_postgresql)

    def mark_and_lose() -> None:
        with SqlOutbox(on_postgresql).claim(shard_of(order.id), now=NOON, limit=9) as claim:
            assert claim is not None
            claim.set_state(claim.messages[0].event.id, state=OutboxState.SENT, due_at=NOON, attempts=0)
            end_other_connections(on_postgresql)

    with pytest.raises(StoreUnavailable):
        mark_and_lose()

    assert [message.state for message in all_outgoing(on_postgresql)] == [OutboxState.WAITING]


def test_requeue_resets_parked_and_sent_events(engine: Engine) -> None:
    order = paid_and_shipped(engine)
    marked(engine, order, 1, OutboxState.SENT)
    marked(engine, order, 2, OutboxState.PARKED, attempts=10)
    ids = [message.event.id for message in all_outgoing(engine)]

    assert SqlOutbox(engine).requeue([*ids, *ids, order.id], now=LATER) == 2
    assert SqlOutbox(engine).requeue([], now=LATER) == 0

    assert [(message.state.value, message.attempts) for message in all_outgoing(engine)] == [("waiting", 0)] * 3
    assert due(engine, order, now=LATER) == [1, 2, 3]


def test_prune_deletes_old_sent_events_in_batches(engine: Engine) -> None:
    order = paid_and_shipped(engine)
    marked(engine, order, 1, OutboxState.SENT)
    marked(engine, order, 2, OutboxState.SENT)
    outbox = SqlOutbox(engine)

    assert outbox.prune(sent_before=NOON) == 0
    assert outbox.prune(sent_before=LATER, limit=1) == 1
    assert outbox.prune(sent_before=LATER) == 1
    assert outbox.prune(sent_before=LATER) == 0
    assert [message.event.version for message in all_outgoing(engine)] == [3]


def test_late_commit_is_not_skipped(on_postgresql: Engine) -> None:

    placed(on_postgresql)  # so that Ada's row exists, and no transaction waits to create it
    late = an_order()
    entered, finish = threading.Event(), threading.Event()

    def place_slowly() -> None:
        with SqlUnitOfWork(on_postgresql) as uow:
            uow.orders.add(late)
            entered.set()
            finish.wait(10)
            uow.commit()

    thread = threading.Thread(target=place_slowly)
    thread.start()
    entered.wait(10)
    early = placed(on_postgresql)  # it has the later id and is sent first
    marked(on_postgresql, early, 1, OutboxState.SENT)
    finish.set()
    thread.join()

    assert due(on_postgresql, late) == [1]


def end_other_connections(engine: Engine) -> None:

    with engine.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
