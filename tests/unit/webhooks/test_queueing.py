"""Queueing from the event feed: from the addition of an endpoint on, once, also after a restore."""

from datetime import timedelta

from orders_adapters.serialization.cloudevents import event_bytes
from orders_adapters.testing.examples import NOON, Clock, new_id, placed
from orders_adapters.testing.stores import StoreHarness
from orders_domain import OrderStatus
from orders_domain.model.events import EVENT_TYPES
from orders_domain.model.history import STATUS_CHANGED
from orders_domain.model.webhooks.endpoint import DisabledReason, WebhookEndpoint, WebhookSecrets
from orders_domain.use_cases import webhooks
from tests.support.stores import in_memory


def added(store: StoreHarness, name: str, *, types: tuple[str, ...] | None = None) -> WebhookEndpoint:
    endpoint = WebhookEndpoint(
        id=new_id(),
        url=f"https://{name}.example.com/",
        types=types,
        secrets=WebhookSecrets(current="whsec_a"),
        created_at=NOON,
        starts_after=store.feed.end().text(store.identity.get()),
    )
    store.webhooks.add(endpoint, limit=9)
    return endpoint


def queue(store: StoreHarness) -> int:
    return webhooks.queue_webhook_deliveries(
        queue=store.webhook_queue,
        endpoints=store.webhooks,
        feed=store.feed,
        store_identity=store.identity,
        event_bytes=event_bytes,
        clock=Clock(),
        limit=2,
    )


def drained(store: StoreHarness) -> int:
    """Queue until nothing is new; return the number of deliveries."""
    count, before = 0, object()
    while (position := store.webhook_queue.position()) != before:
        before = position
        count += queue(store)
    return count


def versions(store: StoreHarness, endpoint: WebhookEndpoint) -> list[int]:
    page = store.webhook_queue.search(endpoint.id, limit=200)
    return sorted(each.message.version for each in page.deliveries)


def test_endpoint_gets_events_from_its_addition_on() -> None:
    store = in_memory()
    assert drained(store) == 0
    first = added(store, "first")
    order = store.placed()
    second = added(store, "second")  # the event is not queued yet
    store.changed(order, OrderStatus.PAID)

    drained(store)

    assert (versions(store, first), versions(store, second)) == ([1, 2], [2])


def test_events_of_the_past_are_not_new() -> None:
    """An order of the past is stored after the addition, as those of the demonstration are."""
    store = in_memory()
    endpoint = added(store, "one")
    past, late = NOON - timedelta(days=30), NOON - timedelta(minutes=30)
    orders = [placed(at=at) for at in (past, late, NOON)]
    store.add(*orders)

    drained(store)

    page = store.webhook_queue.search(endpoint.id, limit=200)
    assert {each.message.order_id for each in page.deliveries} == {order.id for order in orders[1:]}


def test_events_are_selected_by_type() -> None:
    store = in_memory()
    paid = added(store, "paid", types=(EVENT_TYPES[STATUS_CHANGED],))
    orders = [store.placed() for _ in range(5)]
    for order in orders:
        store.changed(order, OrderStatus.PAID)

    assert drained(store) == 5
    assert versions(store, paid) == [2] * 5
    assert drained(store) == 0


def test_disabled_time_is_passed_over() -> None:
    store = in_memory()
    endpoint = added(store, "one")
    store.webhooks.update(endpoint.id, lambda each: each.disabled(DisabledReason.REQUESTED))
    order = store.placed()
    assert drained(store) == 0
    cursor = store.feed.end().text(store.identity.get())
    store.webhooks.update(endpoint.id, lambda each: each.enabled(starts_after=cursor))
    store.changed(order, OrderStatus.PAID)

    drained(store)

    assert versions(store, endpoint) == [2]


def test_restore_repeats_no_delivery_and_loses_none() -> None:
    store = in_memory()
    endpoint = added(store, "one")
    order = store.placed()
    drained(store)

    store.identity.renew(gap=10)
    store.changed(order, OrderStatus.PAID)
    drained(store)

    assert versions(store, endpoint) == [1, 2]
