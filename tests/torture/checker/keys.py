"""Idempotency: one order per key, one placing per order, and one order per cart."""

from collections import Counter
from collections.abc import Iterator

from tests.torture.checker.evidence import Evidence, Violation, acknowledged
from tests.torture.load.kinds import PLACING

PROMISE = "one order per key and one per cart"


def check(evidence: Evidence) -> Iterator[Violation]:
    rows = {(row["subject"], row["key"]): row["order_id"] for row in evidence.stores.keys}
    for (_, key), order in rows.items():
        if order not in evidence.orders:
            yield _violation(key, f"the key is stored for order {order}, which does not exist")
    for request_id, attempts in evidence.intentions.items():
        owed = attempts[0].kind in PLACING and acknowledged(attempts)
        if owed and (attempts[0].client, request_id) not in rows:
            yield _violation(request_id, "the order was acknowledged, and its key is not stored")
    placings = Counter(row["order_id"] for row in evidence.stores.keys if row["version"] == 1)
    for order, count in placings.items():
        if count > 1:
            yield _violation(order, f"{count} keys have placed one order")
    carts = Counter(row["snapshot_id"] for row in evidence.stores.orders if row["snapshot_id"])
    for cart, count in carts.items():
        if count > 1:
            yield _violation(cart, f"{count} orders of one cart")


def _violation(subject: str, detail: str) -> Violation:
    return Violation(promise=PROMISE, subject=subject, detail=detail)
