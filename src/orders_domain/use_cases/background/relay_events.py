"""Send what waits in the outbox."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from orders_domain.errors import PublisherUnavailable
from orders_domain.ports.clock import Clock
from orders_domain.ports.event_publisher import Deferred, EventPublisher
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.outbox import MAX_CACHE_AGE, Outbox, OutboxMessage, OutboxState, ShardClaim

MAX_ATTEMPTS = 10
MAX_BACKOFF = timedelta(minutes=5)
UNAVAILABLE_DELAY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class RelayResult:
    """How many events were sent, and how many were refused by the broker."""

    sent: int = 0
    rejected: int = 0

    def __add__(self, other: "RelayResult") -> "RelayResult":
        return RelayResult(self.sent + other.sent, self.rejected + other.rejected)


def relay_events(
    *, outbox: Outbox, publisher: EventPublisher, cache: OrderCache, clock: Clock, limit: int = 500
) -> RelayResult:
    """Send the due events of every shard no other relay holds, and tell the cache what it may have missed.

    Events of one order leave in their order: the next only when the one before is safe with the broker. One that the
    broker refuses waits longer each time, and after 10 refusals is parked (see ``Outbox.requeue``). A broker that is
    away costs no event an attempt.

    Raises:
        PublisherUnavailable: the broker is away; what it confirmed before is noted.
        StoreUnavailable: the store is away; what was sent and not noted will be sent again.
    """
    done, away = RelayResult(), None
    for shard in outbox.due_shards(clock()):
        with outbox.claim(shard, now=clock(), limit=limit) as claim:
            if claim is None:
                continue
            heard = _invalidate_cache(claim, cache=cache, clock=clock)
            if away is None:
                try:
                    done += _publish(claim, cache_invalidated=heard, publisher=publisher, clock=clock)
                except PublisherUnavailable as error:
                    away = error  # the cache has to hear of the other shards all the same
    if away is not None:
        raise away
    return done


def _invalidate_cache(claim: ShardClaim, *, cache: OrderCache, clock: Clock) -> bool:
    heard = cache.invalidate(_versions(claim.messages))
    for outgoing in claim.messages:
        if outgoing.state is OutboxState.PUBLISHED:
            _mark_sent(claim, outgoing, cache_invalidated=heard, now=clock())
    return heard


def _publish(claim: ShardClaim, *, cache_invalidated: bool, publisher: EventPublisher, clock: Clock) -> RelayResult:
    done = RelayResult()
    refused: set[UUID] = set()
    for wave in _batches([outgoing for outgoing in claim.messages if outgoing.publishable]):
        sendable = [outgoing for outgoing in wave if outgoing.event.order_id not in refused]
        outcomes = publisher.publish([outgoing.event for outgoing in sendable]) if sendable else ()
        for outgoing, refusal in zip(sendable, outcomes, strict=True):
            if refusal is None:
                _mark_sent(claim, outgoing, cache_invalidated=cache_invalidated, now=clock())
                done += RelayResult(sent=1)
                continue
            refused.add(outgoing.event.order_id)
            if isinstance(refusal, Deferred):
                _mark_waiting(claim, outgoing, why=refusal, now=clock())
            else:
                _mark_rejected(claim, outgoing, reason=refusal, now=clock())
                done += RelayResult(rejected=1)
    return done


def _versions(messages: Sequence[OutboxMessage]) -> dict[UUID, int]:
    """The latest version of each order."""
    versions: dict[UUID, int] = {}
    for one in messages:
        versions[one.event.order_id] = max(one.event.version, versions.get(one.event.order_id, 0))
    return versions


def _batches(waiting: Sequence[OutboxMessage]) -> Iterator[list[OutboxMessage]]:
    """Split into waves with one event of an order at most, each order's events in their order."""
    rest = list(waiting)
    while rest:
        wave: dict[UUID, OutboxMessage] = {}
        later = []
        for outgoing in rest:
            if outgoing.event.order_id in wave:
                later.append(outgoing)
            else:
                wave[outgoing.event.order_id] = outgoing
        yield list(wave.values())
        rest = later


def _mark_sent(claim: ShardClaim, message: OutboxMessage, *, cache_invalidated: bool, now: datetime) -> None:
    told = cache_invalidated or message.event.at < now - MAX_CACHE_AGE
    claim.set_state(
        message.event.id,
        state=OutboxState.SENT if told else OutboxState.PUBLISHED,
        due_at=now + timedelta(seconds=1),
        attempts=message.attempts,
    )


def _mark_waiting(claim: ShardClaim, message: OutboxMessage, *, why: str, now: datetime) -> None:
    claim.set_state(
        message.event.id,
        state=OutboxState.WAITING,
        due_at=now + UNAVAILABLE_DELAY,
        attempts=message.attempts,
        last_error=why,
    )


def _mark_rejected(claim: ShardClaim, message: OutboxMessage, *, reason: str, now: datetime) -> None:
    attempts = message.attempts + 1
    claim.set_state(
        message.event.id,
        state=OutboxState.PARKED if attempts >= MAX_ATTEMPTS else OutboxState.WAITING,
        due_at=now + min(timedelta(seconds=2**attempts), MAX_BACKOFF),
        attempts=attempts,
        last_error=reason,
    )
