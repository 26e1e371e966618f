"""Evidence of a run: the clients' log, the faults, and the final content of the stores."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.torture.log import Delivery, Endpoint, FeedPage, Interval, Operation, Outcome
from tests.torture.options import RECOVERY_SECONDS

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Violation:
    """A broken promise."""

    promise: str
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.promise}: {self.subject}: {self.detail}"


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message as it was in a queue."""

    body: Any
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Stores:
    """The rows of the database, and the messages of the broker in order of arrival."""

    orders: Sequence[Row] = ()
    history: Sequence[Row] = ()
    items: Sequence[Row] = ()
    products: Sequence[Row] = ()
    movements: Sequence[Row] = ()
    outbox: Sequence[Row] = ()
    inbox: Sequence[str] = ()
    keys: Sequence[Row] = ()
    counters: Sequence[Row] = ()  # of lines
    facts: Sequence[Row] = ()  # of payment providers
    jobs: Sequence[Row] = ()
    reservations: Sequence[Row] = ()
    webhook_deliveries: Sequence[Row] = ()
    locks: int = 0  # advisory locks
    events: Sequence[Message] = ()
    tasks: Sequence[Message] = ()
    dead_letters: Sequence[Message] = ()
    dead_payments: Sequence[Message] = ()
    left: Mapping[str, int] = field(default_factory=dict)  # messages of queues that must be empty


@dataclass(frozen=True, kw_only=True)
class Evidence:
    operations: Sequence[Operation]
    faults: Sequence[Interval]
    stores: Stores
    initial_stock: Mapping[int, int]
    feed: Sequence[FeedPage] = ()  # in order of recording
    endpoints: Sequence[Endpoint] = ()  # of webhooks
    deliveries: Sequence[Delivery] = ()  # of webhooks, in order of arrival
    delivered_after: float | None = 0.0  # seconds after outbox and queues are empty; None: never
    healthy_after: float | None = 0.0  # seconds after the last fault; None: never
    recovery_seconds: float = RECOVERY_SECONDS  # the limit of `recovered`
    drained_after: float | None = 0.0  # seconds after the load; None: never
    stuck_actors: Sequence[str] = ()

    @cached_property
    def orders(self) -> Mapping[str, Row]:
        """Orders by UUID."""
        return {row["id"]: row for row in self.stores.orders}

    @cached_property
    def _numbers(self) -> Mapping[str, str]:
        return {str(row["number"]): row["id"] for row in self.stores.orders}

    def id_of(self, ref: str | None) -> str | None:
        """The UUID of an order that a response names by UUID or number."""
        return ref if ref in self.orders else self._numbers.get(ref or "")

    @cached_property
    def history(self) -> Mapping[str, Sequence[Row]]:
        """History rows of each order, by version."""
        rows: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(self.stores.history, key=lambda row: int(row["version"])):
            rows[row["order_id"]].append(row)
        return rows

    @cached_property
    def history_by_request(self) -> Mapping[str, Sequence[Row]]:
        rows: dict[str, list[Row]] = defaultdict(list)
        for row in self.stores.history:
            rows[row["request_id"]].append(row)
        return rows

    @cached_property
    def intentions(self) -> Mapping[str, Sequence[Operation]]:
        """All attempts by request id."""
        operations: dict[str, list[Operation]] = defaultdict(list)
        for operation in self.operations:
            operations[operation.request_id].append(operation)
        return operations

    @cached_property
    def published(self) -> Mapping[str, Row]:
        """The events that the broker got, by id."""
        return {message.body["id"]: message.body for message in self.stores.events}

    def last_disturbance(self, server: str, *, before: float) -> float:
        """The end of the last fault of a server that began before a moment; the moment itself if the fault lasts."""
        ends = [min(fault.ended, before) for fault in self.faults if server in fault.name and fault.began < before]
        return max(ends, default=0.0)


def certainly_refused(attempts: Sequence[Operation]) -> bool:
    """Whether none of the attempts can have had an effect."""
    return all(attempt.outcome is Outcome.REFUSED for attempt in attempts)


def acknowledged(attempts: Sequence[Operation]) -> Sequence[Operation]:
    return [attempt for attempt in attempts if attempt.outcome is Outcome.ACKNOWLEDGED]
