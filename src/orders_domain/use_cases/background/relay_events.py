"""Use case: relay events from the outbox to the broker."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from orders_domain.errors import PublisherUnavailable, StoreUnavailable
from orders_domain.model.events import Event
from orders_domain.ports.clock import Clock
from orders_domain.ports.event_publisher import Deferred, EventPublisher, Unpublishable
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.outbox import MAX_CACHE_AGE, Outbox, OutboxMessage, OutboxState, ShardClaim

MAX_BACKOFF = timedelta(minutes=1)
UNAVAILABLE_DELAY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class RelayResult:
    """The numbers of events published, rejected by the broker and parked, and the errors of shards."""

    sent: int = 0
    rejected: int = 0
    parked: int = 0
    failures: tuple[Exception, ...] = ()

    def __add__(self, other: "RelayResult") -> "RelayResult":
        return RelayResult(
            self.sent + other.sent,
            self.rejected + other.rejected,
            self.parked + other.parked,
            self.failures + other.failures,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Relay:
    outbox: Outbox
    publisher: EventPublisher
    cache: OrderCache
    clock: Clock
    limit: int


def relay_events(
    *,
    outbox: Outbox,
    publisher: EventPublisher,
    cache: OrderCache,
    clock: Clock,
    limit: int = 500,
    together: bool = False,
) -> RelayResult:
    """Publish the due events of every shard that no other relay holds, and invalidate the cache for them.

    At most ``limit`` events of a shard. With ``together`` all shards are claimed at once, which costs a fraction of a
    claim for each while there are few events; of a backlog other relays could not take a part meanwhile.

    Events of one order are published in order, each after the broker confirmed the previous one. A rejected event is
    retried with exponential backoff, because the broker's condition ends by itself. An event that cannot be published
    is parked at once, alone (see ``Outbox.requeue``). An error of one shard does not stop the others: shards that fail
    together are claimed one by one. An unavailable broker does not count as an attempt.

    Raises:
        PublisherUnavailable: the broker is unavailable; events confirmed before are marked as sent.
        StoreUnavailable: the store is unavailable; events published but not marked are published again.
    """
    relay = _Relay(outbox=outbox, publisher=publisher, cache=cache, clock=clock, limit=limit)
    result, unavailable = RelayResult(), None
    due = outbox.due_shards(clock())
    waiting = deque([tuple(due)] if together and due else [(shard,) for shard in due])
    while waiting:
        shards = waiting.popleft()
        try:
            result += _relay_shards(shards, relay, publish=unavailable is None)
        except PublisherUnavailable as error:
            unavailable = error  # raised at the end, because the cache must be invalidated for all shards
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the other shards
            if len(shards) > 1:
                waiting.extend((shard,) for shard in shards)
            else:
                result += RelayResult(failures=(error,))
    if unavailable is not None:
        raise unavailable
    return result


def _relay_shards(shards: Sequence[int], relay: _Relay, *, publish: bool) -> RelayResult:
    with relay.outbox.claim(*shards, now=relay.clock(), limit=relay.limit) as claim:
        if claim is None:
            return RelayResult()
        cache_invalidated = _invalidate_cache(claim, cache=relay.cache, clock=relay.clock)
        if not publish:
            return RelayResult()
        return _publish(claim, cache_invalidated=cache_invalidated, publisher=relay.publisher, clock=relay.clock)


def _invalidate_cache(claim: ShardClaim, *, cache: OrderCache, clock: Clock) -> bool:
    cache_invalidated, now = cache.invalidate(_versions(claim.messages)), clock()
    for message in claim.messages:
        if message.state is OutboxState.PUBLISHED:
            _mark_sent(claim, message, cache_invalidated=cache_invalidated, now=now)
    return cache_invalidated


def _publish(claim: ShardClaim, *, cache_invalidated: bool, publisher: EventPublisher, clock: Clock) -> RelayResult:
    result = RelayResult()
    blocked_orders: set[UUID] = set()
    for batch in _batches([message for message in claim.messages if message.publishable]):
        messages = [message for message in batch if message.event.order_id not in blocked_orders]
        reasons, now = _reasons([message.event for message in messages], publisher), clock()
        for message, reason in zip(messages, reasons, strict=True):
            if reason is None:
                _mark_sent(claim, message, cache_invalidated=cache_invalidated, now=now)
                result += RelayResult(sent=1)
                continue
            blocked_orders.add(message.event.order_id)
            if isinstance(reason, Deferred):
                _mark_waiting(claim, message, reason=reason, now=now)
            elif isinstance(reason, Unpublishable):
                _mark_parked(claim, message, reason=reason, now=now)
                result += RelayResult(parked=1)
            else:
                _mark_rejected(claim, message, reason=reason, now=now)
                result += RelayResult(rejected=1)
    return result


def _reasons(events: Sequence[Event], publisher: EventPublisher) -> Sequence[str | None]:
    """Publish the events; if one of them breaks the publisher, publish each alone."""
    if not events:
        return ()
    try:
        return publisher.publish(events)
    except PublisherUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the other events
        if len(events) == 1:
            return [Unpublishable(f"{type(error).__name__}: {error}")]
    return [reason for event in events for reason in _reasons([event], publisher)]


def _versions(messages: Sequence[OutboxMessage]) -> dict[UUID, int]:
    """Return the latest version of each order."""
    versions: dict[UUID, int] = {}
    for message in messages:
        event = message.event
        versions[event.order_id] = max(event.version, versions.get(event.order_id, 0))
    return versions


def _batches(waiting: Sequence[OutboxMessage]) -> Iterator[list[OutboxMessage]]:
    """Yield batches with at most one event of each order, preserving the sequence of an order's events."""
    remaining = list(waiting)
    while remaining:
        batch: dict[UUID, OutboxMessage] = {}
        later = []
        for message in remaining:
            if message.event.order_id in batch:
                later.append(message)
            else:
                batch[message.event.order_id] = message
        yield list(batch.values())
        remaining = later


def _mark_sent(claim: ShardClaim, message: OutboxMessage, *, cache_invalidated: bool, now: datetime) -> None:
    cache_is_current = cache_invalidated or message.event.at < now - MAX_CACHE_AGE
    claim.set_state(
        message.event.id,
        state=OutboxState.SENT if cache_is_current else OutboxState.PUBLISHED,
        due_at=now + timedelta(seconds=1),
        attempts=message.attempts,
    )


def _mark_waiting(claim: ShardClaim, message: OutboxMessage, *, reason: str, now: datetime) -> None:
    claim.set_state(
        message.event.id,
        state=OutboxState.WAITING,
        due_at=now + UNAVAILABLE_DELAY,
        attempts=message.attempts,
        last_error=reason,
    )


def _mark_rejected(claim: ShardClaim, message: OutboxMessage, *, reason: str, now: datetime) -> None:
    attempts = message.attempts + 1
    claim.set_state(
        message.event.id,
        state=OutboxState.WAITING,
        due_at=now + min(timedelta(seconds=2 ** min(attempts, 10)), MAX_BACKOFF),
        attempts=attempts,
        last_error=reason,
    )


def _mark_parked(claim: ShardClaim, message: OutboxMessage, *, reason: str, now: datetime) -> None:
    claim.set_state(
        message.event.id, state=OutboxState.PARKED, due_at=now, attempts=message.attempts + 1, last_error=reason
    )
