"""Fan-out publisher over two brokers: a notification is confirmed by both, and an outage blocks only its own events."""

from collections.abc import Sequence
from dataclasses import replace

from orders_adapters.composite.fan_out_publisher import RETRY_DELAY, FanOutPublisher
from orders_adapters.memory.event_publisher import InMemoryEventPublisher
from orders_adapters.testing.examples import ADA, ADMIN, NOON, only, placed
from orders_domain import Event, OrderStatus
from orders_domain.errors import PublisherUnavailable
from orders_domain.model import events
from orders_domain.model.events import USER_NOTIFICATION
from orders_domain.ports.event_publisher import Deferred
from orders_domain.ports.outbox import OutboxState
from tests.support.shop import InMemoryShop
from tests.support.stubs import ScriptedPublisher
from tests.unit.domain.test_tracking import event, track


def life() -> list[Event]:
    order = placed(by=ADA)
    order.number = 7
    order.change_status(only(OrderStatus.SHIPPED), by=ADMIN, at=NOON)
    return [*(events.event_for(entry, order) for entry in order.new_entries), *events.notification_events(order)]


def test_notifications_go_to_both_publishers() -> None:
    main, kafka, sent = InMemoryEventPublisher(), InMemoryEventPublisher(), life()

    assert list(FanOutPublisher(main, kafka).publish(sent)) == [None, None, None]

    assert list(main.published) == sent
    assert list(kafka.published) == sent[2:]
    assert sent[2].type == USER_NOTIFICATION


def test_notification_is_deferred_if_broker_is_down() -> None:
    main, kafka, sent = InMemoryEventPublisher(), ScriptedPublisher(), life()
    kafka.away_after = 0

    first, second, third = FanOutPublisher(main, kafka).publish(sent)

    assert (first, second) == (None, None)
    assert isinstance(third, Deferred)
    assert list(main.published) == sent[:2]


def test_failed_broker_is_skipped_for_30_seconds() -> None:
    main, now, attempts = InMemoryEventPublisher(), 0.0, 0

    class UnavailablePublisher:
        def publish(self, events: Sequence[Event]) -> Sequence[str | None]:
            nonlocal attempts
            attempts += 1
            raise PublisherUnavailable("Kafka is away: timed out.")

    both = FanOutPublisher(main, UnavailablePublisher(), clock=lambda: now)

    for now, times in (
        (0.0, 1),
        (0.1, 1),
        (RETRY_DELAY - 0.1, 1),
        (RETRY_DELAY, 2),
        (RETRY_DELAY + 9, 2),
        (2 * RETRY_DELAY, 3),
    ):
        *_, notified = both.publish(life())
        assert (notified, attempts) == (Deferred("Kafka is away: timed out."), times), now
    assert len(main.published) == 12


def test_rejection_by_second_broker_is_returned() -> None:
    main, kafka, sent = InMemoryEventPublisher(), ScriptedPublisher(), life()
    kafka.refuses = lambda _: "too large"

    assert list(FanOutPublisher(main, kafka).publish(sent)) == [None, None, "too large"]


def test_deferred_notification_costs_no_attempt() -> None:
    kafka = ScriptedPublisher()
    kafka.away_after = 0
    shop = InMemoryShop()
    main = InMemoryEventPublisher()
    shop = replace(shop, publisher=FanOutPublisher(main, kafka, clock=lambda: shop.clock().timestamp()))
    order, other = shop.place(), shop.place()
    track(shop, event("SHIPPED", order=order.id))

    for _ in range(30):
        shop.relay()
        shop.clock.advance(6)

    (waiting,) = shop.in_state(OutboxState.WAITING)
    assert (waiting.event.type, waiting.attempts) == (USER_NOTIFICATION, 0)
    assert {event.order_id for event in main.published} == {order.id, other.id}
    assert len(main.published) == 3  # each once

    kafka.away_after = None
    shop.clock.advance(RETRY_DELAY)
    shop.relay()
    assert shop.in_state(OutboxState.WAITING, OutboxState.PARKED) == []
    assert len(main.published) == 4


def test_unavailable_main_broker_raises() -> None:
    main = ScriptedPublisher()
    main.away_after = 0

    try:
        FanOutPublisher(main, InMemoryEventPublisher()).publish(life()[:1])
    except PublisherUnavailable:
        return
    raise AssertionError("no publisher was called")
