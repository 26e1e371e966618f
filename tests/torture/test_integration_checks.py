"""Tests of the checker on the event feed, webhooks and payment messages: each kind of violation is detected."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.torture.checker import violations_in
from tests.torture.checker.evidence import Evidence, Message
from tests.torture.example import ORDER, event, fulfilled_promises, operation, with_stores
from tests.torture.life_example import FACTS, HISTORY, LATE, WALKED, walked_orders
from tests.torture.log import Delivery, Endpoint, FeedPage

FIRST, SECOND = (message.body for message in fulfilled_promises().stores.events[:2])
READER = "feed-reader-1"


def page(*events: Mapping[str, Any], resumptions: int = 0, reader: str = READER, is_stored: bool = True) -> FeedPage:
    return FeedPage(reader=reader, resumptions=resumptions, events=events, is_stored=is_stored)


def with_feed(*pages: FeedPage) -> Evidence:
    return replace(fulfilled_promises(), feed=pages)


FEEDS: Mapping[str, tuple[Sequence[FeedPage], str]] = {
    "an event is never seen": ([page(FIRST)], "versions [2] were never seen"),
    "an event is never seen by one of two": (
        [page(FIRST, SECOND), page(SECOND, reader="feed-reader-2")],
        "versions [1] were never seen",
    ),
    "an event is seen twice": ([page(FIRST), page(FIRST, SECOND)], "version 1 was seen again"),
    "an event is seen twice in a page": ([page(FIRST, SECOND, SECOND)], "version 2 was seen again"),
    "a resumed reader sees more than the last page": (
        [page(FIRST), page(SECOND, is_stored=False), page(FIRST, SECOND, resumptions=1)],
        "version 1 was seen again",
    ),
    "a resumed reader sees a page whose cursor it has stored": (
        [page(FIRST, SECOND), page(SECOND, resumptions=1)],
        "version 2 was seen again",
    ),
    "a resumed reader sees the last page twice": (
        [page(FIRST, SECOND, is_stored=False), page(SECOND, resumptions=1), page(SECOND, resumptions=1)],
        "version 2 was seen again",
    ),
    "events in the wrong order": ([page(SECOND, FIRST)], "first seen as versions [2, 1]"),
    "an event of what did not happen": (
        [page(FIRST, SECOND, event(3, "order_canceled", "CANCELED", "SHIPPED").body)],
        "version 3 was published, and there are 2",
    ),
    "an event that differs from what is stored": (
        [page(FIRST, {**SECOND, "data": {"status": "PAID", "previous_status": "PENDING"}})],
        "is stored",
    ),
    "an event that differs from what was published": (
        [page(FIRST, {**SECOND, "time": "2030-01-01T00:00:00Z"})],
        "differs from what was published in time",
    ),
}
ENDPOINT = Endpoint(id="hook", name="receiver-1", types=None, ordered=True)
ROWS = [
    {"endpoint_id": "hook", "message_id": body["id"], "order_id": ORDER, "version": version, "state": "delivered"}
    for version, body in enumerate((FIRST, SECOND), 1)
]


def delivery(sent: Mapping[str, Any], **facts: Any) -> Delivery:
    usual = {"receiver": "receiver-1", "id": sent["id"], "body": json.dumps(sent), "status": 200}
    return Delivery(**(usual | facts))


def with_deliveries(
    *deliveries: Delivery, endpoint: Endpoint = ENDPOINT, rows: Sequence[Mapping[str, Any]] = ROWS
) -> Evidence:
    return replace(with_stores(webhook_deliveries=rows), endpoints=[endpoint], deliveries=deliveries)


WEBHOOKS: Mapping[str, tuple[Evidence, str]] = {
    "a delivery waits too long": (
        replace(with_deliveries(delivery(FIRST), delivery(SECOND)), delivered_after=None),
        "some still wait a minute after the load",
    ),
    "an event never arrives": (with_deliveries(delivery(FIRST)), "versions [2] were never accepted"),
    "an event is refused, and not sent again": (
        with_deliveries(delivery(FIRST), delivery(SECOND, status=500)),
        "versions [2] were never accepted",
    ),
    "an event is marked as delivered, and was not": (
        with_deliveries(delivery(FIRST), delivery(SECOND, status=None)),
        "event event-2 is delivered, and was not accepted",
    ),
    "an event is given up": (
        with_deliveries(delivery(FIRST), delivery(SECOND), rows=[ROWS[0], ROWS[1] | {"state": "failed"}]),
        "event event-2 was given up",
    ),
    "an event is not queued": (
        with_deliveries(delivery(FIRST), delivery(SECOND), rows=ROWS[:1]),
        "versions [2] were never queued",
    ),
    "an event is not signed": (
        with_deliveries(delivery(FIRST), delivery(SECOND, flaw="No matching signature")),
        "event event-2 is not signed: No matching signature",
    ),
    "an event has other bytes the next time": (
        with_deliveries(delivery(FIRST), delivery(SECOND), delivery(SECOND, body=json.dumps(SECOND, indent=1))),
        "event event-2 has other bytes than before",
    ),
    "an event comes under another id": (
        with_deliveries(delivery(FIRST), delivery(SECOND), delivery(SECOND, id="event-1")),
        "event event-1 has other bytes than before",
    ),
    "an event differs from its id": (
        with_deliveries(delivery(FIRST), delivery(SECOND, id="other")),
        "event event-2 came as other",
    ),
    "an event differs from what was published": (
        with_deliveries(delivery(FIRST), delivery({**SECOND, "time": "2030-01-01T00:00:00Z"})),
        "event event-2 differs from what was published in time",
    ),
    "an event of what did not happen": (
        with_deliveries(
            *map(delivery, (FIRST, SECOND, event(3, "order_canceled", "CANCELED", "SHIPPED").body)),
        ),
        "version 3 was published, and there are 2",
    ),
    "an event that was not selected": (
        with_deliveries(delivery(FIRST), delivery(SECOND), endpoint=replace(ENDPOINT, types=[FIRST["type"]])),
        "event event-2 is of type orders.order_status_changed.v1, which was not selected",
    ),
    "an event comes before the one before it": (
        with_deliveries(delivery(SECOND), delivery(FIRST), delivery(SECOND)),
        "version 2 came before [1] were accepted",
    ),
    "an event comes before the one before it is accepted": (
        with_deliveries(delivery(FIRST, status=500), delivery(SECOND), delivery(FIRST)),
        "version 2 came before [1] were accepted",
    ),
}
PAYING = {"subject": "bank c-2 captured", "amount": 300, "order": LATE, "status": None}


def with_messages(*ids: str, **changed: Any) -> Evidence:
    """Two orders; the late capture of the second came in messages with these ids, each of them sent twice."""
    evidence = walked_orders()
    sent = [
        operation("payments.publish", began, client="messenger", request_id=name, **PAYING)
        for began in (3, 4)
        for name in ids
    ]
    attempts = [one for one in evidence.operations if one.request_id != f"{LATE} 3"]
    history = [{**row, "request_id": None} if row["request_id"] == f"{LATE} 3" else row for row in HISTORY]
    keys = [row for row in evidence.stores.keys if row["key"] != f"{LATE} 3"]
    stores = replace(evidence.stores, **{"history": history, "keys": keys, "inbox": ids, **changed})
    return replace(evidence, operations=[*attempts, *sent], stores=stores)


DEAD = Message(body={"event_id": "m-2"}, reason="exceeds")
MESSAGES: Mapping[str, tuple[Evidence, str]] = {
    "a confirmed fact is lost": (with_messages("m-1", facts=FACTS[:-1]), "recorded 0x"),
    "a confirmed fact is recorded twice": (with_messages("m-1", facts=[*FACTS, FACTS[-1]]), "recorded 2x"),
    "a confirmed fact is recorded for another order": (
        with_messages("m-1", facts=[*FACTS[:-1], FACTS[-1] | {"order_id": WALKED}]),
        "recorded 0x",
    ),
    "a repeated message is lost": (with_messages("m-1", "m-2", inbox=["m-1"]), "never handled"),
    "a message is a dead letter": (with_messages("m-1", "m-2", dead_payments=[DEAD]), "is a dead letter: exceeds"),
}


@pytest.mark.parametrize(("pages", "detail"), FEEDS.values(), ids=FEEDS)
def test_flawed_feed_is_detected(pages: Sequence[FeedPage], detail: str) -> None:
    found = [violation for violation in violations_in(with_feed(*pages)) if "reader of the feed" in violation.promise]

    assert any(detail in violation.detail for violation in found), found


def test_resumed_reader_may_see_the_last_page_again() -> None:
    pages = [page(FIRST, SECOND, is_stored=False), page(FIRST, resumptions=1), page(SECOND, resumptions=2)]

    assert violations_in(with_feed(*pages)) == []


@pytest.mark.parametrize(("evidence", "detail"), WEBHOOKS.values(), ids=WEBHOOKS)
def test_flawed_webhook_is_detected(evidence: Evidence, detail: str) -> None:
    found = [violation for violation in violations_in(evidence) if "to a webhook" in violation.promise]

    assert any(detail in violation.detail for violation in found), found


def test_delivery_may_be_repeated_until_it_is_accepted() -> None:
    deliveries = [delivery(FIRST, status=500), delivery(FIRST), delivery(FIRST), delivery(SECOND)]

    assert violations_in(with_deliveries(*deliveries)) == []


def test_unordered_delivery_may_come_in_any_order() -> None:
    evidence = with_deliveries(delivery(SECOND), delivery(FIRST), endpoint=replace(ENDPOINT, ordered=False))

    assert violations_in(evidence) == []


@pytest.mark.parametrize(("evidence", "detail"), MESSAGES.values(), ids=MESSAGES)
def test_flawed_payment_message_is_detected(evidence: Evidence, detail: str) -> None:
    found = [violation for violation in violations_in(evidence) if "payment message" in violation.promise]

    assert any(detail in violation.detail for violation in found), found


def test_fact_may_come_in_two_messages() -> None:
    assert violations_in(with_messages("m-1", "m-2")) == []
