"""Webhook deliverer with a receiver: every event, in order on request, and no endpoint delays another."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from dependency_injector import providers
from standardwebhooks import Webhook

from orders_adapters.http.webhook_sender import HttpWebhookSender
from orders_adapters.testing.examples import ADA, ADMIN, new_id, only
from orders_domain import Actor, CustomItem, Money, Order, OrderStatus
from orders_domain.errors import AccessDenied
from orders_domain.model.events import EVENT_TYPES
from orders_domain.model.feed.page import FeedFilter
from orders_domain.model.history import STATUS_CHANGED
from orders_domain.model.notification import Alert, AlertRecipient, NotificationState
from orders_domain.model.webhooks.delivery import DeliveryPage, DeliveryState
from orders_domain.model.webhooks.endpoint import TEST_TYPE, DisabledReason, WebhookDisabled, WebhookEndpoint
from orders_domain.model.webhooks.target import AllowedTargets
from orders_domain.use_cases import AddAlertRecipient, ChangeStatus, PlaceOrder, webhooks
from orders_flask import Settings
from orders_flask.bootstrap.container import Container
from orders_flask.bootstrap.container.container import close
from orders_flask.workers.webhook_deliverer import WebhookDeliverer, attempt
from tests.contract.webhooks.receiver import Receiver
from tests.support.depth import effort
from tests.support.servers.ephemeral.server import HOST

HANGING = effort(20, 100)


@pytest.fixture
def container(copied_postgresql: str) -> Iterator[Container]:
    container = Container(
        settings=Settings(database_url=copied_postgresql, webhook_allowed_hosts=HOST, webhook_max_endpoints=101)
    )
    yield container
    close(container)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def add(container: Container, url: str, *, types: tuple[str, ...] | None = None) -> WebhookEndpoint:
    return container.add_webhook(webhooks.AddWebhook(actor=ADMIN, url=url, types=types))


def place(container: Container) -> Order:
    request = PlaceOrder(actor=ADA, items=(CustomItem({"sku": "tea"}),), total=Money.of(1, "USD"))
    return container.place_order(request)


def log(container: Container, endpoint: WebhookEndpoint) -> DeliveryPage:
    return container.list_webhook_deliveries(webhooks.ListWebhookDeliveries(actor=ADMIN, webhook_id=endpoint.id))


@contextmanager
def delivering(container: Container, *, workers: int = 1) -> Iterator[None]:
    """Run workers, each as in a process of its own."""
    running: list[tuple[WebhookDeliverer, threading.Thread]] = []
    for _ in range(workers):
        worker = container.webhook_deliverer()
        thread = threading.Thread(target=worker.run)
        thread.start()
        running.append((worker, thread))
    try:
        yield
    finally:
        for worker, _ in running:
            worker.stop.set()
        for _, thread in running:
            thread.join()


def recorded(container: Container, endpoint: WebhookEndpoint, is_so: Callable[[DeliveryPage], bool]) -> DeliveryPage:
    """Wait until the log is so; the worker records an answer after the receiver has given it."""
    pause = threading.Event()
    for _ in range(1_200):
        page = log(container, endpoint)
        if is_so(page):
            return page
        pause.wait(0.05)
    raise AssertionError(page)


def readable(container: Container, order: Order) -> None:
    """Wait until the feed has the order, because a transaction of another database of the server delays it."""
    while not container.store().event_feed.read(FeedFilter(order=order.id)).entries:
        threading.Event().wait(0.02)


def all_delivered(page: DeliveryPage) -> bool:
    return bool(page.deliveries) and all(each.state is DeliveryState.DELIVERED for each in page.deliveries)


def test_events_are_delivered_as_published(container: Container, receiver: Receiver) -> None:
    before = place(container)
    readable(container, before)
    every = add(container, receiver.url("/204/every"))
    paid = add(container, receiver.url("/204/paid"), types=(EVENT_TYPES[STATUS_CHANGED],))
    order = place(container)
    with delivering(container, workers=2):
        receiver.wait_for(1, path="/204/every")
        container.change_status(ChangeStatus(actor=ADA, order_id=order.id, target=only(OrderStatus.PAID)))
        receiver.wait_for(2, path="/204/every")
        receiver.wait_for(1, path="/204/paid")
        pages = [recorded(container, endpoint, all_delivered) for endpoint in (every, paid)]

    assert [len(page.deliveries) for page in pages] == [2, 1]
    messages = {each.message.id: each.message.body for each in pages[0].deliveries}
    events = [entry.event for entry in container.store().event_feed.read(FeedFilter(order=order.id)).entries]
    assert {event.id: container.web_use_cases().event_bytes(event) for event in events} == messages
    received = receiver.wait_for(2, path="/204/every")
    assert {each.id: each.body for each in received} == messages
    for each in received:
        Webhook(every.secrets.current).verify(each.body, dict(each.headers))


def test_hanging_endpoints_delay_no_other(container: Container, receiver: Receiver) -> None:
    hanging = [add(container, receiver.url(f"/hang/{number}/")) for number in range(HANGING)]
    live = add(container, receiver.url("/204/live"))
    patient = HttpWebhookSender(allowed=AllowedTargets((HOST,)), total_seconds=60)
    with container.webhook_sender.override(providers.Object(patient)), delivering(container):
        for count in range(1, 7):
            place(container)
            receiver.wait_for(count, path="/204/live")
        recorded(container, live, all_delivered)
        counts = [len(receiver.wait_for(4, path=f"/hang/{number}/")) for number in range(HANGING)]
        attempts = [each.attempts for endpoint in hanging for each in log(container, endpoint).deliveries]
        receiver.released.set()

    assert set(counts) == {4}
    assert attempts == [()] * 6 * HANGING


def test_endpoint_that_is_gone_is_disabled_with_an_alert(container: Container, receiver: Receiver) -> None:
    root = AlertRecipient(address="root@example.com", alert=Alert.WEBHOOK_DISABLED)
    container.add_alert_recipient(AddAlertRecipient(actor=ADMIN, recipient=root))
    gone = add(container, receiver.url("/410/gone"))
    place(container)
    with delivering(container):
        (failed,) = recorded(container, gone, is_failed).deliveries

    assert failed.attempts[0].status == 410
    request = webhooks.GetWebhook(actor=ADMIN, webhook_id=gone.id)
    assert container.get_webhook(request).disabled_reason is DisabledReason.GONE
    (alert,) = container.store().notifications.select(states=frozenset(NotificationState))
    assert (alert.notification.address, alert.notification.data["url"]) == (root.address, gone.url)
    with pytest.raises(WebhookDisabled):
        container.redeliver_webhook(webhooks.RedeliverWebhook(actor=ADMIN, webhook_id=gone.id))
    container.enable_webhook(webhooks.EnableWebhook(actor=ADMIN, webhook_id=gone.id))
    assert container.redeliver_webhook(webhooks.RedeliverWebhook(actor=ADMIN, webhook_id=gone.id)) == 1


def is_failed(page: DeliveryPage) -> bool:
    return [each.state for each in page.deliveries] == [DeliveryState.FAILED]


def test_failing_endpoint_is_disabled_after_5_days(container: Container) -> None:
    days = timedelta(days=4, hours=23, minutes=59), timedelta(days=5)
    endpoint = add(container, f"http://{HOST}:1024/")
    place(container)
    request = webhooks.SendTestWebhook(actor=ADMIN, webhook_id=endpoint.id, leased=True)
    states = []
    for passed in days:
        now = container.store_clock()()
        failing = replace(endpoint, failing_since=now - passed, last_failed_at=now)
        container.store().webhooks.update(endpoint.id, lambda _, failing=failing: failing)  # type: ignore[misc]
        claimed = container.send_test_webhook(request)
        outcome = attempt(claimed, send=container.webhook_sender(), clock=container.clock())
        states.append(container.record_webhook_attempt(outcome).disabled is not None)

    assert states == [False, True]
    with pytest.raises(WebhookDisabled):
        container.send_test_webhook(request)


def test_test_delivery_is_logged(container: Container, receiver: Receiver) -> None:
    endpoint = add(container, receiver.url("/500/test"))
    with delivering(container):
        claimed = container.send_test_webhook(webhooks.SendTestWebhook(actor=ADMIN, webhook_id=endpoint.id))
        page = recorded(container, endpoint, lambda page: bool(page.deliveries[0].attempts))

    (delivery,) = page.deliveries
    assert (delivery.id, delivery.message.type) == (claimed.delivery.id, TEST_TYPE)
    assert (delivery.attempts[0].status, delivery.state) == (500, DeliveryState.WAITING)
    assert receiver.received[0].body == claimed.delivery.message.body


def test_everything_needs_an_administrator(container: Container) -> None:
    reader = Actor(subject="reader", scopes=frozenset({"orders:read", "orders:write"}))
    unknown = new_id()
    for name, request in (
        ("add_webhook", webhooks.AddWebhook(actor=reader, url="https://hooks.example.com/")),
        ("list_webhooks", webhooks.ListWebhooks(actor=reader)),
        *(
            (name, kind(actor=reader, webhook_id=unknown))
            for name, kind in (
                ("get_webhook", webhooks.GetWebhook),
                ("enable_webhook", webhooks.EnableWebhook),
                ("disable_webhook", webhooks.DisableWebhook),
                ("remove_webhook", webhooks.RemoveWebhook),
                ("rotate_webhook_secret", webhooks.RotateWebhookSecret),
                ("list_webhook_deliveries", webhooks.ListWebhookDeliveries),
                ("redeliver_webhook", webhooks.RedeliverWebhook),
                ("send_test_webhook", webhooks.SendTestWebhook),
            )
        ),
    ):
        with pytest.raises(AccessDenied):
            getattr(container, name)(request)
