"""Published events: each at least once, in the order of its order's versions, and none without a change."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tests.torture.checker.evidence import Evidence, Row, Violation
from tests.torture.checker.words import EVENT_TYPES, NOTIFICATION, STOCK_LOW

PROMISE = "each event is published at least once, in order, and none without a change"

MOVED = "expires_at"
"""The deadline of an order, which the harness moves in the history when it was published already."""


def check(evidence: Evidence) -> Iterator[Violation]:
    yield from _changes(evidence)
    yield from _others(evidence)
    yield from _tasks(evidence)


def _changes(evidence: Evidence) -> Iterator[Violation]:
    ids: dict[tuple[str, int], set[str]] = defaultdict(set)
    first: dict[str, list[int]] = defaultdict(list)
    for message in evidence.stores.events:
        event = message.body
        if event["type"] not in EVENT_TYPES.values():
            continue
        order, version = event["subject"], event["orderversion"]
        if (order, version) not in ids:
            first[order].append(version)
        ids[order, version].add(event["id"])
        if (flaw := flaw_of(event, evidence)) is not None:
            yield _violation(f"order {order}", flaw)
    for order, versions in first.items():
        if versions != sorted(versions):
            yield _violation(f"order {order}", f"first published as versions {versions}")
    for (order, version), event_ids in ids.items():
        if len(event_ids) > 1:
            yield _violation(f"order {order}", f"version {version} has the ids {sorted(event_ids)}")
    for order, lines in evidence.history.items():
        if missing := sorted({int(line["version"]) for line in lines} - set(first[order])):
            yield _violation(f"order {order}", f"versions {missing} were never published")


def flaw_of(event: Row, evidence: Evidence) -> str | None:
    """Why the event does not match the change, or None."""
    lines = evidence.history.get(event["subject"], ())
    if not 1 <= event["orderversion"] <= len(lines):
        return f"version {event['orderversion']} was published, and there are {len(lines)}"
    line, data = lines[event["orderversion"] - 1], event["data"]
    happened = (EVENT_TYPES[line["kind"]], line["to_status"], line["from_status"])
    published = (event["type"], data["status"], data["previous_status"])
    return None if happened == published else f"{published} was published, and {happened} is stored"


def differences(event: Row, evidence: Evidence) -> Sequence[str]:
    """The members in which the event differs from the published one of its id, except what the harness has moved."""
    published = evidence.published.get(event["id"], {})
    members, expected = ({**one, **one.get("data", {})} for one in (event, published))
    names = members.keys() | expected.keys()
    return sorted(name for name in names - {"data", MOVED} if members.get(name) != expected.get(name))


def _others(evidence: Evidence) -> Iterator[Violation]:
    """Notifications follow from the history; low-stock events from the outbox alone."""
    bodies = [message.body for message in evidence.stores.events]
    published = {(body["type"], body["id"]) for body in bodies}
    stored = {(row["type"], row["event_id"]): row for row in evidence.stores.outbox}
    for kind in (NOTIFICATION, STOCK_LOW):
        published_ids = {key for key in published if key[0] == kind}
        stored_ids = {key for key in stored if key[0] == kind}
        for key in published_ids ^ stored_ids:
            yield _violation(
                f"event {key}", "was published and not stored" if key in published_ids else "was never published"
            )
    due = {
        (order, int(line["version"]))
        for order, lines in evidence.history.items()
        for line in lines
        if _is_notified(line, evidence.orders.get(order))
    }
    notified = {(row["order_id"], int(row["version"])) for row in stored.values() if row["type"] == NOTIFICATION}
    for order, version in due ^ notified:
        yield _violation(f"order {order}", f"version {version}: a surplus or missing notification")


def _is_notified(line: Row, order: Row | None) -> bool:
    """Users are notified of changes of the status, and failures of shipments, that are not their own doing."""
    if order is None or order["user_id"] is None or line["version"] == 1 or line["kind"] == "deleted":
        return False
    if line["from_status"] == line["to_status"] and not _is_failure(line):
        return False
    return bool(line["role"] == "system" or line["actor"] != order["user_id"])


def _is_failure(line: Row) -> bool:
    return line["kind"] == "shipment_changed" and line["details"]["event"]["state"] in ("failed", "returned")


def _tasks(evidence: Evidence) -> Iterator[Violation]:
    tasks = {message.body["order_id"] for message in evidence.stores.tasks}
    for order in tasks - set(evidence.orders):
        yield _violation(f"order {order}", "has a task, and does not exist")
    for order in set(evidence.orders) - tasks:
        yield _violation(f"order {order}", "has no task in the queue of new orders")


def _violation(subject: str, detail: str) -> Violation:
    return Violation(promise=PROMISE, subject=subject, detail=detail)
