"""Race of writers that commit late and readers that are resumed: no event is missed, read twice or out of order."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from uuid import UUID

import pytest
from sqlalchemy import Engine, select

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.events.event_feed import SqlEventFeed
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_adapters.testing.examples import ADMIN, NOON, placed
from orders_domain.errors import Unavailable
from orders_domain.model.feed.cursor import START, FeedCursor
from orders_domain.model.feed.page import FeedFilter
from orders_domain.model.life import changes
from orders_flask.web.background.long_polls import POLL_INTERVAL
from tests.support.stores import empty

WRITERS, READERS, RESUMES = 50, 20, 100
ORDERS = 400  # that the writers change
SECONDS = 300.0
PATIENCE = 120.0  # seconds after the end of the writers
LONGEST_DELAY = 5.0  # seconds between the changes of a transaction and its commit

Key = tuple[UUID, int]

pytestmark = [pytest.mark.deep, pytest.mark.timeout(900)]


@pytest.fixture
def shared(large_postgresql: str) -> Iterator[Engine]:
    """On a server of its own, because transactions of other databases would delay the feed."""
    engine = engines.create(large_postgresql, pool_size=WRITERS + READERS)
    empty(engine)
    yield engine
    engine.dispose()


def write(
    engine: Engine, orders: list[UUID], *, until: float, delay: float, committed: Callable[[Key], object]
) -> None:
    """Place orders and change others, the change mostly after the transaction has its id."""
    chance = random.Random(threading.get_ident())
    while time.monotonic() < until:
        new, keys = placed(), list[Key]()
        with suppress(Unavailable), SqlUnitOfWork(engine) as uow:  # another writer may hold the order too long
            uow.orders.add(new)
            if chance.random() < 0.7:
                order = uow.orders.get_for_update(chance.choice(orders))
                changes.annotate(order, note="Called.", by=ADMIN, at=NOON)
                uow.orders.save(order)
                keys.append((order.id, order.version))
            time.sleep(delay * chance.random() ** 3)
            uow.commit()
            for key in ((new.id, 1), *keys):
                committed(key)


def read(engine: Engine, *, until: float, resumes: int) -> list[Key]:
    """The events that a consumer has processed; it is stopped at times, before it has stored a page or after."""
    chance = random.Random(threading.get_ident())
    stored, cursor = list[Key](), START
    stops = sorted(chance.uniform(until - SECONDS, until) for _ in range(resumes))
    while time.monotonic() < until:
        page = SqlEventFeed(engine).read(FeedFilter(after=cursor, limit=chance.randint(1, 50)))
        if stops and time.monotonic() > stops[0]:
            stops.pop(0)
            time.sleep(chance.random())
            if chance.random() < 0.5:
                continue  # the page was not stored, so it is read again
        stored += keys_of(page.entries)
        cursor = page.end
        time.sleep(0.05)
    assert not stops
    return stored + drained(engine, cursor)


def drained(engine: Engine, cursor: FeedCursor) -> list[Key]:
    found: list[Key] = []
    page = SqlEventFeed(engine).read(FeedFilter(after=cursor, limit=200))
    while page.entries:
        found += keys_of(page.entries)
        page = SqlEventFeed(engine).read(FeedFilter(after=page.end, limit=200))
    return found


def keys_of(entries: object) -> list[Key]:
    return [(entry.event.order_id, entry.event.version) for entry in entries]  # type: ignore[attr-defined]


def test_late_commits_are_read_once_and_in_order(shared: Engine) -> None:
    orders = seeds(shared, ORDERS)
    until = time.monotonic() + SECONDS
    with ThreadPoolExecutor(WRITERS + READERS) as threads:
        writers = [
            threads.submit(write, shared, orders, until=until - 10, delay=LONGEST_DELAY, committed=lambda key: None)
            for _ in range(WRITERS)
        ]
        readers = [threads.submit(read, shared, until=until, resumes=RESUMES // READERS) for _ in range(READERS)]
        for writer in writers:
            writer.result()
        results = [reader.result() for reader in readers]

    with shared.connect() as connection:
        history = tables.order_history.c
        expected = {
            (row.order_id, row.version) for row in connection.execute(select(history.order_id, history.version))
        }
    missed = [expected - set(result) for result in results]
    twice = [[key for key, count in Counter(result).items() if count > 1] for result in results]
    disordered = [disordered_keys(result) for result in results]
    print(f"{len(expected)} events, {READERS} readers: missed {sum(map(len, missed))}, twice {sum(map(len, twice))}")
    assert not any(missed)
    assert not any(twice)
    assert not any(disordered)


def disordered_keys(result: list[Key]) -> list[Key]:
    """The events that were not read right after the version before of their order."""
    last: Counter[UUID] = Counter()
    wrong = []
    for order_id, version in result:
        wrong += [(order_id, version)] if version != last[order_id] + 1 else []
        last[order_id] = version
    return wrong


def test_commit_is_readable_within_a_second(shared: Engine) -> None:
    orders, commits, reads = seeds(shared, ORDERS), dict[Key, float](), dict[Key, float]()
    feed, until = SqlEventFeed(shared), time.monotonic() + 30

    def committed(key: Key) -> None:
        commits[key] = time.monotonic()

    with ThreadPoolExecutor(10) as threads:
        cursor = feed.end()
        writers = [
            threads.submit(write, shared, orders, until=until, delay=0.1, committed=committed) for _ in range(10)
        ]
        while not all(writer.done() for writer in writers) or not commits.keys() <= reads.keys():
            assert time.monotonic() < until + PATIENCE, "a commit does not become readable"
            page = feed.read(FeedFilter(after=cursor, limit=200))
            cursor = page.end
            reads.update(dict.fromkeys(keys_of(page.entries), time.monotonic()))
            if page.is_last:
                time.sleep(POLL_INTERVAL)

    delays = sorted(reads[key] - commits[key] for key in commits)
    print(f"{len(delays)} commits: p50 {delays[len(delays) // 2]:.3f} s, p95 {delays[len(delays) * 95 // 100]:.3f} s")
    assert delays[len(delays) * 95 // 100] < 1


def seeds(engine: Engine, count: int) -> list[UUID]:
    """The ids of new orders, after the row of their user."""
    orders = [placed() for _ in range(count)]
    for order in orders:
        with SqlUnitOfWork(engine) as uow:
            uow.orders.add(order)
            uow.commit()
    return [order.id for order in orders]
