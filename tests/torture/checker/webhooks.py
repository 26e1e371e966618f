"""Webhooks: each selected event arrives with a valid signature and the same bytes each time, in order on request."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence

from tests.torture.checker.events import differences, flaw_of
from tests.torture.checker.evidence import Evidence, Row, Violation
from tests.torture.checker.words import EVENT_TYPES
from tests.torture.log import Delivery, Endpoint

PROMISE = "each selected event is delivered to a webhook at least once, signed, unchanged, and in order on request"


def check(evidence: Evidence) -> Iterator[Violation]:
    received: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in evidence.deliveries:
        received[delivery.receiver].append(delivery)
    if evidence.delivered_after is None:
        yield Violation(promise=PROMISE, subject="deliveries", detail="some still wait a minute after the load")
    for endpoint in evidence.endpoints:
        deliveries = received[endpoint.name]
        for flaw in (*_requests(endpoint, deliveries, evidence), *_orders(endpoint, deliveries, evidence)):
            yield Violation(promise=PROMISE, subject=endpoint.name, detail=flaw)
        for flaw in _rows(endpoint, deliveries, evidence):
            yield Violation(promise=PROMISE, subject=endpoint.name, detail=flaw)


def _requests(endpoint: Endpoint, deliveries: Sequence[Delivery], evidence: Evidence) -> Iterator[str]:
    """Each request by itself, and its bytes, which are those that the broker got."""
    bodies: dict[str, str] = {}
    for delivery in deliveries:
        if delivery.flaw is not None:
            yield f"event {delivery.id} is not signed: {delivery.flaw}"
        if bodies.setdefault(delivery.id, delivery.body) != delivery.body:
            yield f"event {delivery.id} has other bytes than before"
    for event_id, body in bodies.items():
        event = json.loads(body)
        if (flaw := flaw_of(event, evidence)) is not None:
            yield f"order {event['subject']}: {flaw}"
        elif event["id"] != event_id:
            yield f"event {event['id']} came as {event_id}"
        elif names := differences(event, evidence):
            yield f"event {event_id} differs from what was published in {', '.join(names)}"
        elif not _selects(endpoint, event["type"]):
            yield f"event {event_id} is of type {event['type']}, which was not selected"


def _orders(endpoint: Endpoint, deliveries: Sequence[Delivery], evidence: Evidence) -> Iterator[str]:
    """Each selected event was accepted; of an ordered endpoint, none comes before an earlier one was accepted."""
    accepted: dict[str, set[int]] = defaultdict(set)
    for delivery in deliveries:
        event = json.loads(delivery.body)
        order, version = event["subject"], event["orderversion"]
        if endpoint.ordered:
            earlier = {known for known in _selected(endpoint, order, evidence) if known < version}
            if early := sorted(earlier - accepted[order]):
                yield f"order {order}: version {version} came before {early} were accepted"
        if delivery.status == 200:
            accepted[order].add(version)
    for order in evidence.history:
        if missing := sorted(set(_selected(endpoint, order, evidence)) - accepted[order]):
            yield f"order {order}: versions {missing} were never accepted"


def _rows(endpoint: Endpoint, deliveries: Sequence[Delivery], evidence: Evidence) -> Iterator[str]:
    """The table has a delivery for each selected event, which is accepted if it says so."""
    rows = [row for row in evidence.stores.webhook_deliveries if row["endpoint_id"] == endpoint.id]
    accepted = {delivery.id for delivery in deliveries if delivery.status == 200}
    for row in rows:
        if row["state"] == "failed":
            yield f"event {row['message_id']} was given up"
        if row["state"] == "delivered" and row["message_id"] not in accepted:
            yield f"event {row['message_id']} is delivered, and was not accepted"
    queued: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        queued[row["order_id"]].add(int(row["version"]))
    for order in evidence.history:
        if missing := sorted(set(_selected(endpoint, order, evidence)) - queued[order]):
            yield f"order {order}: versions {missing} were never queued"


def _selected(endpoint: Endpoint, order: str, evidence: Evidence) -> Sequence[int]:
    """The versions of the order whose events the endpoint selects."""
    lines: Sequence[Row] = evidence.history.get(order, ())
    return [int(line["version"]) for line in lines if _selects(endpoint, EVENT_TYPES[line["kind"]])]


def _selects(endpoint: Endpoint, kind: str) -> bool:
    return endpoint.types is None or kind in endpoint.types
