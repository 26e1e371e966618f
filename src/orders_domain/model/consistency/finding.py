"""Findings: stored data that contradicts the history or the ledger that it was computed from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias
from uuid import UUID


class FindingKind(Enum):
    """The kind of a contradiction. The operations guide lists the meaning and the repair of each."""

    UNREADABLE_ROW = "unreadable_row"
    ORDER_HISTORY = "order_history"
    ORDER_VERSION = "order_version"
    ORDER_STATUS = "order_status"
    ORDER_PLACEMENT = "order_placement"
    ORDER_LIFE = "order_life"
    ORDER_AXES = "order_axes"
    LINE_COUNTERS = "line_counters"
    LINE_BOUNDS = "line_bounds"
    PAYMENT_TOTALS = "payment_totals"
    PAYMENT_SUMS = "payment_sums"
    PAYMENT_FACTS = "payment_facts"
    ORDER_TAGS = "order_tags"
    ORDER_PRODUCTS = "order_products"
    SHIPMENTS = "shipments"
    RETURNS = "returns"
    STOCK_MOVEMENTS = "stock_movements"
    EVENT_MISSING = "event_missing"
    STOCK = "stock"
    STOCK_HOLD = "stock_hold"
    RESERVATION = "reservation"
    RESERVATION_STATE = "reservation_state"
    RESERVATION_KEY = "reservation_key"
    RESERVATION_LEASE = "reservation_lease"
    IDEMPOTENCY_KEY = "idempotency_key"
    EVENT_SHARD = "event_shard"
    EVENT_LEASE = "event_lease"
    JOB_LEASE = "job_lease"
    DELIVERY_ORDER = "delivery_order"
    DELIVERY_LEASE = "delivery_lease"
    NOTIFICATION_LEASE = "notification_lease"
    ORDER_NUMBER = "order_number"
    CACHED_COPY = "cached_copy"


Key: TypeAlias = UUID | int | tuple[str, ...]
"""The key of the row that a finding is about."""


LOCKED = "Another transaction has locked it; repeat the command."


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A contradiction in the data of one subject, such as ``order 17``, in one sentence."""

    kind: FindingKind
    key: Key
    subject: str
    text: str
    repairable: bool  # False if no history and no ledger has the truth

    def of_locked(self) -> Finding:
        """Return the finding with the note that its subject is locked, for longer than a statement waits."""
        return self if self.text.endswith(LOCKED) else replace(self, text=f"{self.text} {LOCKED}")


@dataclass(frozen=True, slots=True)
class Examined:
    """Some subjects of an area that were examined: their findings, their number, and the key of the last of them.

    The key is None if no subject is left.
    """

    findings: tuple[Finding, ...]
    count: int
    last: Key | None


@dataclass(frozen=True, slots=True)
class Repaired:
    """The findings of one subject that a transaction has repaired, and those that it could not repair.

    ``version`` is that of the order whose content changed, if it is an order. If another transaction has locked the
    subject for too long, ``is_locked`` is True, and nothing else is known.
    """

    repaired: tuple[Finding, ...] = ()
    remaining: tuple[Finding, ...] = ()
    version: int | None = None
    is_locked: bool = False
