"""Event feed over HTTP: bytes of the exchange, cursors, filters, rights and long polls."""

import json
import threading
import time
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from orders_adapters.serialization.cloudevents import event_bytes
from orders_adapters.testing.examples import ADMIN
from orders_domain.model.accounts.actor import Role
from orders_domain.model.feed.page import FEED_TYPES
from orders_domain.model.values.timestamps import parse_timestamp
from orders_domain.ports.outbox import OutboxState
from orders_domain.use_cases import ReplayEvents
from orders_flask.contracts.shop import events
from orders_flask.web.background import long_polls
from tests.contract.http.shop.client import Shopkeeper, problem, shopkeeper
from tests.support.client import Answer
from tests.support.service_stack import Stack

READ = ("orders:read",)


@pytest.fixture
def reader(stack: Stack) -> Shopkeeper:
    return shopkeeper(stack, scopes=READ)


def feed(reader: Shopkeeper, **query: object) -> Answer:
    answer = reader.get(f"/events?{urlencode(query)}")
    assert answer.status_code == 200, answer.text
    return answer


def latest(reader: Shopkeeper) -> str:
    return str(feed(reader, after="latest").json["next_cursor"])


def read_all(reader: Shopkeeper, after: str, count: int, **query: object) -> list[bytes]:
    """The bytes of `count` events behind the cursor; other transactions of the server may delay them."""
    found: list[bytes] = []
    deadline = time.monotonic() + 120
    while len(found) < count:
        assert time.monotonic() < deadline, found
        page = feed(reader, after=after, wait=5, **query)
        found += [json.dumps(event).encode() for event in page.json["data"]]
        after = page.json["next_cursor"]
        assert f"after={after}>" in page.headers["Link"].replace("%3D", "=") or after in page.headers["Link"]
    return found


def test_events_have_the_bytes_of_the_exchange(stack: Stack, reader: Shopkeeper) -> None:
    start, shop = latest(reader), shopkeeper(stack)
    order = shop.place(reference=f"R-{time.monotonic_ns()}")
    shop.changed(order, "confirm")
    outbox = stack.container.outbox().select(states=frozenset(OutboxState), limit=10_000)
    own = [event_bytes(message.event) for message in outbox if str(message.event.order_id) == order["id"]]
    own = [message for message in own if json.loads(message)["type"] in FEED_TYPES]

    assert len(read_all(reader, start, 2, order=order["number"])) == len(own) == 2
    page = feed(reader, after=start, order=order["id"])

    assert page.data == b'{"data":[%s],"next_cursor":"%s"}' % (b",".join(own), page.json["next_cursor"].encode())
    assert page.mimetype == "application/json"
    again = feed(reader, after=page.json["next_cursor"], order=order["id"]).json
    assert again == {"data": [], "next_cursor": page.json["next_cursor"]}
    confirmed = feed(
        reader, after=start, order=order["id"], types="orders.order_status_changed.v1,orders.order_held.v1"
    )
    assert [event["orderversion"] for event in confirmed.json["data"]] == [2]
    first = feed(reader, after=start, order=order["id"], limit=1)
    assert "limit=1" in first.headers["Link"]
    assert [event["orderversion"] for event in first.json["data"]] == [1]


def test_page_ends_at_its_size(stack: Stack, reader: Shopkeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    start, order = latest(reader), shopkeeper(stack).place()
    shopkeeper(stack).changed(order, "confirm")
    read_all(reader, start, 2)
    monkeypatch.setattr(events, "MAX_PAGE_BYTES", 1)

    first = feed(reader, after=start, order=order["id"]).json
    second = feed(reader, after=first["next_cursor"], order=order["id"]).json

    assert [[event["orderversion"] for event in page["data"]] for page in (first, second)] == [[1], [2]]
    assert feed(reader, after=second["next_cursor"], order=order["id"]).json["data"] == []


def test_replay_publishes_the_same_messages(stack: Stack, reader: Shopkeeper) -> None:
    stack.relayed()  # so that only events of this order follow
    start, shop = latest(reader), shopkeeper(stack)
    order = shop.place()
    shop.changed(order, "confirm")
    read_all(reader, start, 2)
    first = stack.relayed()
    placed_at = parse_timestamp(order["created_at"])
    replay = ReplayEvents(actor=ADMIN, since=placed_at, types={"orders.order_placed.v1"})

    steps = list(stack.container.replay_events(replay))
    again = stack.relayed()

    assert sum(step.published for step in steps) == 1
    assert again.news == [news for news in first.news if news[0] == "orders.order_placed.v1"]
    assert again.tasks_of(order) == first.tasks_of(order)
    resumed = stack.container.replay_events(replace(replay, after=steps[-1].cursor))
    assert [step.published for step in resumed] == [0]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("types=orders.*", "orders.order_held.v1"),
        ("types=", "Must be of these names"),
        ("after=nonsense", "next_cursor"),
        ("after=%C3%A4", "next_cursor"),
        ("order=x", "number of an order"),
        ("limit=201", "limit"),
        ("wait=31", "wait"),
        ("type=orders.order_held.v1", "type"),
    ],
)
def test_invalid_query_is_refused(reader: Shopkeeper, query: str, text: str) -> None:
    assert text in str(problem(reader.get(f"/events?{query}"), 400, "malformed_request"))


def test_only_readers_and_administrators_read(stack: Stack, reader: Shopkeeper) -> None:
    for scopes in ((), ("orders:write",), ("payments:write",)):
        problem(shopkeeper(stack, scopes=scopes).get("/events"), 403, "access_denied")
    cursor = latest(reader)

    assert Shopkeeper(stack.caller(role=Role.ADMIN)).get("/events?limit=1").status_code == 200
    foreign = cursor[:2] + ("A" if cursor[2] != "A" else "B") + cursor[3:]
    assert "restored" in problem(reader.get(f"/events?after={foreign}"), 409, "cursor_expired")["detail"]


def test_long_poll_returns_with_the_event(stack: Stack, reader: Shopkeeper) -> None:
    start, answers = latest(reader), list[Answer]()
    poll = threading.Thread(target=lambda: answers.append(feed(reader, after=start, wait=30)))
    begun = time.monotonic()
    poll.start()
    order = shopkeeper(stack).place()
    poll.join(timeout=30)

    assert order["id"] in answers[0].text
    assert "Retry-After" not in answers[0].headers
    assert time.monotonic() - begun < 29


def test_further_polls_do_not_wait(stack: Stack, reader: Shopkeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    start, refused = latest(reader), list[Answer]()

    def pause(_: float) -> None:
        refused.append(feed(reader, after=start, order=10**15, wait=30))
        polls.end()

    polls = long_polls.LongPolls(limit=1, pause=pause)
    monkeypatch.setitem(stack.app.extensions, long_polls._KEY, polls)

    first = feed(reader, after=start, order=10**15, wait=30)

    assert (first.json["data"], first.headers.get("Retry-After")) == ([], None)
    assert [(answer.json["data"], answer.headers["Retry-After"]) for answer in refused] == [([], "1")]
