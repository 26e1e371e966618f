"""Checker: it decides from the clients' log and the stores, and shares no code with the service."""

from collections.abc import Callable, Iterator, Sequence

from tests.torture.checker import (
    changes,
    counters,
    events,
    feed,
    histories,
    holds,
    keys,
    leftovers,
    orders,
    payment_messages,
    payments,
    reads,
    stock,
    tokens,
    tracking,
    verbs,
    webhooks,
)
from tests.torture.checker.evidence import Evidence, Violation

CHECKS: Sequence[Callable[[Evidence], Iterator[Violation]]] = (
    orders.check,
    keys.check,
    changes.check,
    stock.check,
    holds.check,
    events.check,
    feed.check,
    histories.check,
    verbs.check,
    counters.check,
    payments.check,
    payment_messages.check,
    reads.check,
    tokens.check,
    tracking.check,
    webhooks.check,
    leftovers.check,
)


def violations_in(evidence: Evidence) -> Sequence[Violation]:
    return [violation for check in CHECKS for violation in check(evidence)]
