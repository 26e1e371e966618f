"""Payment facts from a broker: each recorded once, or a dead letter with the reason."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from orders_adapters.kafka import message_consumer as kafka
from orders_adapters.memory.message_consumer import InMemoryMessageConsumer
from orders_adapters.rabbitmq import message_consumer as rabbitmq
from tests.contract.http.shop.client import GIFT, Shopkeeper, shopkeeper
from tests.contract.http.shop.test_expiry import expiring, wishes
from tests.support.servers.kafka import KafkaServer
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.service_stack import Stack

PATIENCE = 60  # seconds


def fact(order: object, kind: str = "captured", amount: object = 3_000, **others: Any) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {
        "event_id": str(uuid4()), "order": order, "provider": "bank", "reference": str(uuid4()), "kind": kind,
        "amount_minor": amount, "currency": "USD", "occurred_at": now, **others,
    }  # fmt: skip


def received(stack: Stack, *facts: dict[str, Any] | bytes) -> list[str]:
    """Handle the facts as `orders payments` does; return the reasons of the dead letters."""
    raw = [message if isinstance(message, bytes) else json.dumps(message).encode() for message in facts]
    consumer, handle = InMemoryMessageConsumer(*raw), stack.container.payment_handler()
    while consumer.waiting:
        consumer.poll(handle, timeout=0)
    return [reason for _, reason in consumer.dead_letters]


@pytest.fixture
def shop(stack: Stack) -> Shopkeeper:
    return shopkeeper(stack)


def test_fact_names_its_order_by_id_number_or_reference(stack: Stack, shop: Shopkeeper) -> None:
    name = f"R {uuid4()}"
    orders = [shop.place() for _ in range(3)]
    named = [shop.place(reference=name), shop.place(reference=name, source="market"), shop.place(reference="1")]
    refs = [orders[0]["id"], orders[1]["number"], str(orders[2]["number"]), name]
    facts = [*map(fact, refs), fact(name, source="market"), fact(1, source="shop")]

    assert received(stack, *facts) == []

    assert [shop.order(order)["status"] for order in [*orders, *named]] == ["paid"] * 6
    last = shop.get(f"/orders/{orders[0]['id']}/timeline").json["data"][-1]
    assert (last["actor"], last["role"], last["kind"]) == ("payments", "system", "payment_recorded")


def test_facts_count_once_in_any_order(stack: Stack, shop: Shopkeeper) -> None:
    """Five times each, shuffled: those that refer to later ones are retried."""
    order = shop.place()
    facts = [
        fact(order["id"], "authorized", 3_000), fact(order["id"], "captured", 1_000),
        fact(order["id"], "captured", 2_000), fact(order["id"], "refunded", 500), fact(order["id"], "failed", 9),
    ]  # fmt: skip
    Random(7).shuffle(shuffled := facts * 5)
    new_ids = [{**message, "event_id": str(uuid4())} for message in facts]

    assert received(stack, *shuffled, *new_ids) == []

    after = shop.order(order)
    assert len(after["payments"]) == 5
    totals = {name: after["totals"][f"{name}_minor"] for name in ("authorized", "captured", "refunded", "balance")}
    assert totals == {"authorized": 3_000, "captured": 3_000, "refunded": 500, "balance": 500}


def test_refused_facts_are_dead_letters_with_the_reason(stack: Stack, shop: Shopkeeper) -> None:
    order, other = shop.place(), shop.place()
    known = fact(order["id"], "captured", 1)
    assert received(stack, known) == []
    before = [shop.order(order), shop.order(other)]
    future = (datetime.now(UTC) + timedelta(minutes=6)).isoformat()
    ref = order["id"]
    for message, reason in (
        (fact(ref, amount=0), "invalid_amount: Must be a whole number of 1"),
        (fact(ref, amount=-5), "invalid_amount: Must be a whole number of 1"),
        (fact(ref, amount=10**12 + 1), "invalid_amount: Must be a whole number of 1"),
        (fact(ref, amount="7"), "invalid_amount: Must be a whole number of 1"),
        (fact(ref, currency="EUR"), "invalid_value: currency must be that of the order, USD, not EUR."),
        (fact(ref, occurred_at=future), "invalid_value: occurred_at must be at most 5 minutes in the future."),
        (fact(ref, occurred_at="yesterday"), "invalid_value: occurred_at is invalid"),
        (fact(ref, kind="stolen"), "invalid_value: kind is invalid: it must be one of authorized, captured"),
        (fact(ref, "refunded", 2), "exceeds: 2 minor units exceed the 1 that are captured"),
        (fact(ref, "voided", 2), "exceeds: bank would have captured 1 of -2 authorized"),
        (fact(str(uuid4())), "order_not_found: "),
        (fact("no such reference"), "order_not_found: "),
        (fact(str(10**30)), "order_not_found: "),
        (fact(ref, provider="x" * 65), "invalid_value: provider must"),
        (fact(ref, event_id=""), "invalid_value: event_id must"),
        ({**known, "event_id": "2", "amount_minor": 2}, "fact_differs: "),
        ({**known, "event_id": "3", "order": other["id"]}, "fact_differs: "),
        ({name: value for name, value in fact(ref).items() if name != "currency"}, "invalid_value: The message must"),
        (b"[]", "invalid_value: The message is not a JSON object."),
        (b"\xff", "invalid_value: The message is not JSON"),
    ):
        [given] = received(stack, message)
        assert given.startswith(reason), given

    assert [shop.order(order), shop.order(other)] == before


def test_another_fact_under_a_known_id_is_no_repetition(stack: Stack, shop: Shopkeeper) -> None:
    """Two providers that count their events from 1: the money of the second is not forgotten in silence."""
    order, other = shop.place(), shop.place()
    first = fact(order["id"], amount=1)
    seconds = [
        first | {"order": other["id"], "provider": "card", "reference": str(uuid4())},
        first | {"reference": str(uuid4())},
        first | {"amount_minor": 2},
    ]

    assert received(stack, first, first) == []
    reasons = [reason.partition(":")[0] for reason in received(stack, *seconds, first)]

    assert reasons == ["event_differs", "event_differs", "fact_differs"]
    assert [len(shop.order(each)["payments"]) for each in (order, other)] == [1, 0]
    assert received(stack, {**seconds[0], "event_id": str(uuid4())}) == []


def test_fact_beyond_what_is_due_is_recorded(stack: Stack, shop: Shopkeeper) -> None:
    """The provider has the money, whatever is due: the balance is negative by what may be refunded."""
    order = shop.place(GIFT)

    assert received(stack, fact(order["id"], amount=4_000)) == []

    after = shop.order(order)
    assert (after["status"], after["totals"]["balance_minor"]) == ("paid", -1_000)


def test_late_fact_becomes_a_refund(stack: Stack, shop: Shopkeeper) -> None:
    order = shop.place(expires_in_seconds=60)
    expiring(stack)

    assert received(stack, fact(order["id"])) == []

    assert shop.order(order)["status"] == "canceled"
    assert wishes(shop, order) == [(3_000, "requested", "expired")]


def test_fact_comes_over_rabbitmq(
    real_stack: Stack, rabbitmq_server: RabbitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rabbitmq, "RETRY_DELAY", 0.1)
    queue = real_stack.settings.payments_queue
    declaring = real_stack.container.payment_facts()
    declaring.poll(lambda _: None, timeout=0.1)
    declaring.close()

    def put(message: bytes) -> None:
        with rabbitmq_server.channel() as channel:
            channel.basic_publish("", queue, message, mandatory=True)

    require_recorded(real_stack, put)


def test_fact_comes_over_kafka(
    real_stack: Stack, kafka_server: KafkaServer, build: Callable[..., Stack], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka, "RETRY_WINDOW", 1.0)
    topic = kafka_server.topic("payments")
    settings = replace(
        real_stack.settings,
        message_broker="kafka",
        kafka_servers=kafka_server.servers,
        kafka_group=kafka_server.name("group"),
        payments_topic=topic,
        notifications_topic=kafka_server.topic("user-notifications"),
    )
    require_recorded(build(settings), lambda message: kafka_server.send(topic, [message], key="one partition"))


def require_recorded(stack: Stack, put: Callable[[bytes], object]) -> None:
    """Assert that a fact, its repetition, and one of an unknown order are all finished, the first of them once."""
    shop, worker = shopkeeper(stack), stack.container.payment_worker()
    order = shop.place()
    paid = fact(order["id"])
    for message in (paid, fact(str(uuid4())), paid):
        put(json.dumps(message).encode())

    left, deadline = 3, time.monotonic() + PATIENCE
    while left:
        left -= worker.consumer.poll(worker.handler, timeout=0.5)
        assert time.monotonic() < deadline
    worker.consumer.close()

    after = shop.order(order)
    assert (after["status"], len(after["payments"])) == ("paid", 1)
