"""Contract of NotificationQueue: an event is considered once, and one process at a time sends a notification."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid5

import pytest

from orders_adapters.testing.examples import ADA, ADMIN, NOON, new_id, only, placed
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once
from orders_domain import Actor, OrderStatus
from orders_domain.model.accounts.contact import Contact
from orders_domain.model.events import Event
from orders_domain.model.notification import (
    Channel,
    Notification,
    NotificationKind,
    NotificationState,
    NotifiedOrder,
)
from orders_domain.ports.notification_queue import QueuedNotification

LATER = NOON + timedelta(minutes=5)
EVERY = frozenset(NotificationState)
CONTACT = Contact(email="ann@example.com", phone="+4915112345678", language="de-AT")


def letters(event: Event, order: NotifiedOrder | None) -> Sequence[Notification]:
    """A letter about each event."""
    return [
        Notification(
            id=uuid5(event.id, "letter"),
            kind=NotificationKind.ORDER_PLACED,
            channel=Channel.EMAIL,
            data={"number": order.number if order else None},
            occurred_at=event.at,
            order_id=event.order_id,
        )
    ]


def claimed(store: StoreHarness, *, now: datetime = NOON) -> QueuedNotification | None:
    return store.notifications.claim(Channel.EMAIL, now=now, until=now + timedelta(minutes=5))


def one_queued(store: StoreHarness, *, by: Actor = ADA) -> None:
    store.add(placed(by=by))
    assert store.notifications.add_from_events(letters, now=NOON) == 1


class NotificationQueueTests:
    """Promises of ``NotificationQueue``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_event_is_considered_once(self, store: StoreHarness) -> None:
        order = store.placed()

        assert [store.notifications.add_from_events(letters, now=NOON) for _ in range(2)] == [1, 0]

        (queued,) = store.notifications.select(states=EVERY)
        assert queued.notification.order_id == order.id
        assert queued.notification.data == {"number": order.number}

    def test_event_that_asks_for_none_is_passed_over(self, store: StoreHarness) -> None:
        order = store.placed()
        store.changed(order, OrderStatus.PAID)  # an own change
        assert store.notifications.add_from_events(letters, now=NOON) == 1

        store.changed(order, OrderStatus.SHIPPED, by=ADMIN)

        assert store.notifications.add_from_events(letters, now=NOON) == 1

    def test_rolled_back_change_notifies_nobody(self, store: StoreHarness) -> None:
        with store.unit_of_work() as uow:
            uow.orders.add(placed())

        assert store.notifications.add_from_events(letters, now=NOON) == 0

    def test_failed_queueing_is_repeated(self, store: StoreHarness) -> None:
        store.placed()

        def fail(event: Event, order: NotifiedOrder | None) -> Sequence[Notification]:
            raise RuntimeError("the process dies")

        with pytest.raises(RuntimeError):
            store.notifications.add_from_events(fail, now=NOON)

        assert store.notifications.add_from_events(letters, now=NOON) == 1

    def test_limit_bounds_the_events(self, store: StoreHarness) -> None:
        store.add(*(placed() for _ in range(3)))

        assert [store.notifications.add_from_events(letters, now=NOON, limit=2) for _ in range(3)] == [2, 1, 0]

    def test_claim_has_the_contact_of_the_order(self, store: StoreHarness) -> None:
        one_queued(store, by=Actor(subject="ann", contact=CONTACT))

        queued = claimed(store)

        assert queued
        assert queued.order
        assert (queued.order.user_id, queued.order.contact) == ("ann", CONTACT)

    def test_contact_survives_a_change(self, store: StoreHarness) -> None:
        order = store.placed(by=Actor(subject="ann", contact=CONTACT))
        with store.unit_of_work() as uow:
            changed = uow.orders.get_for_update(order.id)
            assert changed.contact == CONTACT
            changed.change_status(only(OrderStatus.SHIPPED), by=ADMIN, at=NOON)
            uow.orders.save(changed)
            uow.commit()

        store.notifications.add_from_events(letters, now=NOON)

        orders = [queued.order for queued in store.notifications.select(states=EVERY)]
        assert [order.contact for order in orders if order] == [CONTACT, CONTACT]

    def test_one_process_gets_a_notification(self, store: StoreHarness) -> None:
        one_queued(store)

        claims = at_once(*[lambda: claimed(store)] * 4)

        assert len([claim for claim in claims if claim]) == 1

    def test_processes_consider_an_event_once(self, store: StoreHarness) -> None:
        store.add(*(placed() for _ in range(5)))

        at_once(*[lambda: store.notifications.add_from_events(letters, now=NOON)] * 4)

        assert len(store.notifications.select(states=EVERY)) == 5

    def test_first_event_is_sent_first(self, store: StoreHarness) -> None:
        moments = [NOON - timedelta(seconds=seconds) for seconds in range(9)]
        store.add(*(placed(at=at) for at in moments))
        store.notifications.add_from_events(letters, now=NOON)

        claims = [claimed(store) for _ in moments]

        assert [claim.notification.occurred_at for claim in claims if claim] == sorted(moments)

    def test_claim_of_a_dead_process_ends(self, store: StoreHarness) -> None:
        one_queued(store)
        first = claimed(store)

        assert claimed(store, now=LATER - timedelta(seconds=1)) is None

        again = claimed(store, now=LATER)
        assert first
        assert again
        assert again.notification == first.notification

    def test_other_channel_claims_nothing(self, store: StoreHarness) -> None:
        one_queued(store)

        assert store.notifications.claim(Channel.SMS, now=NOON, until=LATER) is None

    def test_deferred_notification_is_due_later(self, store: StoreHarness) -> None:
        one_queued(store)
        queued = claimed(store)
        assert queued

        store.notifications.record(
            queued.notification.id, state=NotificationState.WAITING, due_at=LATER, attempts=1, last_error="450 busy"
        )

        assert claimed(store) is None
        again = claimed(store, now=LATER)
        assert again
        assert (again.attempts, again.last_error) == (1, "450 busy")

    @pytest.mark.parametrize("state", [state for state in NotificationState if state is not NotificationState.WAITING])
    def test_finished_notification_stays_so(self, store: StoreHarness, state: NotificationState) -> None:
        one_queued(store)
        queued = claimed(store)
        assert queued

        for recorded in (state, NotificationState.WAITING):
            store.notifications.record(queued.notification.id, state=recorded, due_at=NOON, attempts=0)

        assert claimed(store, now=LATER) is None
        assert [each.state for each in store.notifications.select(states=EVERY)] == [state]

    def test_failed_notification_can_be_requeued(self, store: StoreHarness) -> None:
        one_queued(store)
        queued = claimed(store)
        assert queued
        notification_id = queued.notification.id
        store.notifications.record(notification_id, state=NotificationState.FAILED, due_at=NOON, attempts=14)

        assert store.notifications.requeue([notification_id, new_id()], now=LATER) == 1

        again = claimed(store, now=LATER)
        assert again
        assert again.attempts == 0
        store.notifications.record(notification_id, state=NotificationState.SENT, due_at=NOON, attempts=0)
        assert store.notifications.requeue([notification_id], now=LATER) == 0

    def test_alert_without_an_event_is_stored_once(self, store: StoreHarness) -> None:
        alert = Notification(
            id=new_id(),
            kind=NotificationKind.WEBHOOK_DISABLED,
            channel=Channel.EMAIL,
            data={"url": "https://shop.example.com/"},
            occurred_at=NOON,
            address="root@example.com",
        )

        for notifications in ([alert], [], [alert]):
            store.notifications.add(notifications, now=NOON)

        assert [queued.notification for queued in store.notifications.select(states=EVERY)] == [alert]
        queued = claimed(store)
        assert queued
        assert queued.notification == alert

    def test_prune_deletes_old_finished_notifications(self, store: StoreHarness) -> None:
        one_queued(store)
        assert store.notifications.prune(occurred_before=LATER) == 0
        queued = claimed(store)
        assert queued
        store.notifications.record(queued.notification.id, state=NotificationState.SENT, due_at=NOON, attempts=0)

        assert [store.notifications.prune(occurred_before=at) for at in (NOON, LATER, LATER)] == [0, 1, 0]
