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

MOST_ATTEMPTS = 10
LONGEST_BACK_OFF = timedelta(minutes=5)
WHILE_AWAY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Relayed:
    """How many events were sent, and how many were refused by the broker."""

    sent: int = 0
    refused: int = 0

    def __add__(self, other: "Relayed") -> "Relayed":
        return Relayed(self.sent + other.sent, self.refused + other.refused)


def relay_events(
    *, outbox: Outbox, publisher: EventPublisher, cache: OrderCache, clock: Clock, limit: int = 500
) -> Relayed:
    """Send the due events of every shard no other relay holds, and tell the cache what it may have missed.

    Events of one order leave in their order: the next only when the one before is safe with the broker. One that the
    broker refuses waits longer each time, and after 10 refusals is parked (see ``Outbox.requeue``). A broker that is
    away costs no event an attempt.

    Raises:
        PublisherUnavailable: the broker is away; what it confirmed before is noted.
        StoreUnavailable: the store is away; what was sent and not noted will be sent again.
    """
    done, away = Relayed(), None
    for shard in outbox.due_shards(clock()):
        with outbox.claim(shard, now=clock(), limit=limit) as claim:
            if claim is None:
                continue
            heard = _tell(claim, cache=cache, clock=clock)
            if away is None:
                try:
                    done += _send(claim, heard=heard, publisher=publisher, clock=clock)
                except PublisherUnavailable as error:
                    away = error  # the cache has to hear of the other shards all the same
    if away is not None:
        raise away
    return done


def _tell(claim: ShardClaim, *, cache: OrderCache, clock: Clock) -> bool:
    heard = cache.invalidate(_versions(claim.messages))
    for outgoing in claim.messages:
        if outgoing.state is OutboxState.PUBLISHED:
            _mark_sent(claim, outgoing, heard=heard, now=clock())
    return heard


def _send(claim: ShardClaim, *, heard: bool, publisher: EventPublisher, clock: Clock) -> Relayed:
    done = Relayed()
    refused: set[UUID] = set()
    for wave in _waves([outgoing for outgoing in claim.messages if outgoing.publishable]):
        sendable = [outgoing for outgoing in wave if outgoing.event.order_id not in refused]
        outcomes = publisher.publish([outgoing.event for outgoing in sendable]) if sendable else ()
        for outgoing, refusal in zip(sendable, outcomes, strict=True):
            if refusal is None:
                _mark_sent(claim, outgoing, heard=heard, now=clock())
                done += Relayed(sent=1)
                continue
            refused.add(outgoing.event.order_id)
            if isinstance(refusal, Deferred):
                _mark_waiting(claim, outgoing, why=refusal, now=clock())
            else:
                _mark_refused(claim, outgoing, refusal=refusal, now=clock())
                done += Relayed(refused=1)
    return done


def _versions(outgoing: Sequence[OutboxMessage]) -> dict[UUID, int]:
    """The latest version of each order."""
    versions: dict[UUID, int] = {}
    for one in outgoing:
        versions[one.event.order_id] = max(one.event.version, versions.get(one.event.order_id, 0))
    return versions


def _waves(waiting: Sequence[OutboxMessage]) -> Iterator[list[OutboxMessage]]:
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


def _mark_sent(claim: ShardClaim, outgoing: OutboxMessage, *, heard: bool, now: datetime) -> None:
    told = heard or outgoing.event.at < now - MAX_CACHE_AGE
    claim.set_state(
        outgoing.event.id,
        state=OutboxState.SENT if told else OutboxState.PUBLISHED,
        due_at=now + timedelta(seconds=1),
        attempts=outgoing.attempts,
    )


def _mark_waiting(claim: ShardClaim, outgoing: OutboxMessage, *, why: str, now: datetime) -> None:
    claim.set_state(
        outgoing.event.id,
        state=OutboxState.WAITING,
        due_at=now + WHILE_AWAY,
        attempts=outgoing.attempts,
        last_error=why,
    )


def _mark_refused(claim: ShardClaim, outgoing: OutboxMessage, *, refusal: str, now: datetime) -> None:
    attempts = outgoing.attempts + 1
    claim.set_state(
        outgoing.event.id,
        state=OutboxState.PARKED if attempts >= MOST_ATTEMPTS else OutboxState.WAITING,
        due_at=now + min(timedelta(seconds=2**attempts), LONGEST_BACK_OFF),
        attempts=attempts,
        last_error=refusal,
    )
