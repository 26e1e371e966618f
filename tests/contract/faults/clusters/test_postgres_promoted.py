"""PostgreSQL killed and its replica promoted while orders are placed: which are lost, and that none is placed twice."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from orders_adapters.sql import migrate
from tests.contract.faults.broker_probe import bound_queue, received_events, require_published
from tests.contract.faults.clusters.buyers import BODY, PATH, FeedReader, Purchases, buy, buying, reading, stock
from tests.contract.faults.load import Customer
from tests.contract.faults.service import Service, Web, shop_of, within
from tests.contract.faults.test_postgres_unavailable import MAX_LATENCY
from tests.support.report import for_want_of
from tests.support.servers.discovery import Unavailable
from tests.support.servers.ephemeral import ThrowawayPostgres, ThrowawayReplica
from tests.support.servers.ephemeral.server import HOST
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.shop import DatabaseShop

pytestmark = pytest.mark.deep  # the kill of a single PostgreSQL is in a short run too

BURNT_IDS = 50
"""Ids of transactions that the primary gives and the replica never sees, as those of transactions that failed."""
LOST_ORDERS = 5  # at least


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A primary with a streaming replica."""

    primary: ThrowawayPostgres
    replica: ThrowawayReplica

    @property
    def listed(self) -> str:
        """The address with both hosts before the database."""
        hosts = f"{HOST}:{self.primary.port},{HOST}:{self.replica.port}"
        return f"postgresql://postgres@{hosts}/postgres?target_session_attrs=read-write"

    @property
    def as_options(self) -> str:
        """The address with both hosts as options."""
        hosts = f"host={HOST},{HOST}&port={self.primary.port},{self.replica.port}"
        return f"postgresql+psycopg://postgres@/postgres?{hosts}&target_session_attrs=read-write"

    def is_synchronous(self) -> bool:
        return self.primary.execute("SELECT sync_state FROM pg_stat_replication") == [("sync",)]

    def fail_over(self) -> None:
        """Kill the primary, and promote the replica a second later, as a supervisor would."""
        self.primary.kill()
        time.sleep(1)
        self.replica.promote()

    def fail_over_after_loss(self, service: Service) -> None:
        """As operations.md has it: nobody writes before `orders restored` has skipped the numbers that were lost."""
        self.replica.configure(default_transaction_read_only="on")
        self.fail_over()
        writing = f"{self.replica.url}?options=-c%20default_transaction_read_only%3Doff"
        replace(service, database_url=writing).run("restored")
        self.replica.configure(default_transaction_read_only="off")

    def stop_sending(self) -> None:
        """Freeze the process of the primary that sends to the replica."""
        ((pid,),) = self.primary.execute("SELECT pid FROM pg_stat_replication")
        os.kill(pid, signal.SIGSTOP)


@pytest.fixture
def pair() -> Iterator[Pair]:
    try:
        with ThrowawayPostgres() as primary:
            migrate.upgrade(primary.url)
            with ThrowawayReplica(primary) as replica:
                yield Pair(primary=primary, replica=replica)
    except Unavailable as why:
        for_want_of("a PostgreSQL to promote", why=str(why))


@contextmanager
def shop(service: Service, pair: Pair) -> Iterator[DatabaseShop]:
    with shop_of(replace(service, database_url=pair.replica.url)) as shop:
        yield shop


def keys_of(shop: DatabaseShop) -> dict[str, str]:
    """The number of the order of each key."""
    rows = shop._rows("SELECT key, number FROM idempotency_keys JOIN orders ON id = order_id")
    return {key: str(number) for key, number in rows}


def require_agreement(shop: DatabaseShop) -> dict[str, int]:
    """Check that stock, ledger, items, history and events agree; return the version of each order."""
    shop.ledger().require_agreement()
    return shop.versions()


def make_synchronous(pair: Pair, commit: str = "on") -> None:
    pair.primary.configure(synchronous_commit=commit, synchronous_standby_names=pair.replica.name)
    within(10, pair.is_synchronous, "the replica is not synchronous")


@pytest.mark.parametrize("commit", ["on", "remote_apply"])
def test_synchronous_promotion_loses_no_order(
    service: Service, pair: Pair, rabbitmq_server: RabbitServer, commit: str
) -> None:
    make_synchronous(pair, commit)
    service = replace(service, database_url=pair.listed if commit == "on" else pair.as_options)
    stock(service)
    with bound_queue(rabbitmq_server, service.exchange) as probe, service.serve("--workers", "2") as web:
        with reading(web) as reader, buying(service, web) as purchases:
            time.sleep(2)
            killed = time.monotonic()
            pair.fail_over()
            promoted = time.monotonic()
            time.sleep(6)
        with shop(service, pair) as after:
            within(20, lambda: not after.unsent(), "the outbox is not sent")
            versions = require_agreement(after)
            assert keys_of(after) == purchases.orders
            assert len(versions) == len(purchases.orders)
        require_published(received_events(rabbitmq_server, probe), versions)
        events = reader.read_to_the_end()
    assert Counter(events) == Counter((order, 1) for order in versions)
    purchases.require_unavailable_only()
    report(purchases, killed, promoted)


def test_asynchronous_promotion_loses_what_was_not_sent(
    service: Service, pair: Pair, rabbitmq_server: RabbitServer
) -> None:
    service = replace(service, database_url=pair.listed)
    stock(service)
    with bound_queue(rabbitmq_server, service.exchange) as probe, service.serve("--workers", "2") as web:
        with buying(service, web) as purchases:
            time.sleep(1.5)
            pair.stop_sending()
            sent = len(purchases.orders)
            within(20, lambda: len(purchases.orders) >= sent + LOST_ORDERS, "no order is acknowledged")
            lost_reader = FeedReader(web)
            lost_reader.read_to_the_end()
            killed = time.monotonic()
            pair.fail_over_after_loss(service)
            promoted = time.monotonic()
            time.sleep(5)
        with shop(service, pair) as after:
            within(20, lambda: not after.unsent(), "the outbox is not sent")
            lost = sorted(purchases.orders.keys() - keys_of(after).keys())
            assert len(lost) >= LOST_ORDERS
            assert keys_of(after).items() <= purchases.orders.items()
            require_agreement(after)
            repeated = Purchases()
            repeat(service, web, [*purchases.orders, *lost], repeated)
            versions = require_agreement(after)
            assert keys_of(after) == repeated.orders
            assert len(versions) == len(repeated.orders)
            assert {key for key, order in repeated.orders.items() if order != purchases.orders[key]} == set(lost)
            within(20, lambda: not after.unsent(), "the outbox is not sent")
        received = received_events(rabbitmq_server, probe)
        require_published([event for event in received if event.order_id in versions], versions)
        assert Counter(FeedReader(web).read_to_the_end()) == Counter((order, 1) for order in versions)
        assert lost_reader.read()[1]["code"] == "cursor_expired"
    purchases.require_unavailable_only()
    orphans = {event.order_id for event in received} - versions.keys()
    print(f"{len(lost)} acknowledged orders lost, of which {len(orphans)} had been published")
    report(purchases, killed, promoted)


def repeat(service: Service, web: Web, keys: list[str], purchases: Purchases) -> None:
    """Send the order of each key again, as its buyer."""
    customers = {key.split("-")[1]: Customer(service, web, f"buyer-{key.split('-')[1]}") for key in keys}
    for key in keys:
        buy(customers[key.split("-")[1]], purchases, key)
    for customer in customers.values():
        customer.close()


def test_lost_replica_acknowledges_nothing(service: Service, pair: Pair) -> None:
    """A commit that waits for a synchronous replica is not acknowledged, and is stored when the replica returns."""
    make_synchronous(pair)
    service = replace(service, database_url=pair.listed)
    stock(service)
    with service.serve("--no-relay") as web, shop_of(replace(service, database_url=pair.primary.url)) as core:
        purchases, buyer = Purchases(), Customer(service, web)
        buy(buyer, purchases, "before")
        pair.replica.freeze()
        assert not purchases.record("after", buyer.post_with_key(PATH, BODY, key="after"))
        assert purchases.others[0].seconds < MAX_LATENCY
        pair.replica.thaw()
        buy(buyer, purchases, "after")
        buyer.close()
        assert keys_of(core) == purchases.orders
        assert len(require_agreement(core)) == 2
    purchases.require_unavailable_only()


def test_cursor_of_the_end_stays_valid(service: Service, pair: Pair) -> None:
    """The end of the feed is read when the primary has given ids that the replica has not seen."""
    make_synchronous(pair)
    service = replace(service, database_url=pair.listed)
    stock(service)
    with service.serve("--no-relay") as web:
        buyer = Customer(service, web)
        purchases = Purchases()
        buy(buyer, purchases, "before")
        pair.stop_sending()
        for _ in range(BURNT_IDS):
            pair.primary.execute("SELECT pg_current_xact_id()")  # waits for no replica, because it writes nothing
        reader = FeedReader(web, after="latest")
        assert reader.read_to_the_end() == []
        pair.fail_over()
        buy(buyer, purchases, "after")
        buyer.close()

        with shop(service, pair) as after:
            ((placed,),) = after._rows("SELECT order_id FROM idempotency_keys WHERE key = 'after'")
        assert reader.read_to_the_end() == [(str(placed), 1)]


def report(purchases: Purchases, killed: float, promoted: float) -> None:
    print(
        f"{len(purchases.orders)} orders; none acknowledged for {purchases.pause:.1f} s, the server promoted after "
        f"{promoted - killed:.1f} s; {len(purchases.others)} answers were 503"
    )
