"""Contract of WebhookEndpointRepository: one endpoint for each URL, not more than allowed, and no lost change."""

from dataclasses import replace
from datetime import timedelta

import pytest

from orders_adapters.testing.examples import NOON, new_id
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once
from orders_domain.model.webhooks.delivery import WebhookMessage
from orders_domain.model.webhooks.endpoint import (
    WEBHOOK_TYPES,
    DisabledReason,
    TooManyWebhooks,
    WebhookEndpoint,
    WebhookExists,
    WebhookNotFound,
    WebhookSecrets,
)
from orders_domain.ports.webhooks.deliveries import NewDelivery

LATER = NOON + timedelta(minutes=1)


def an_endpoint(name: str = "one", *, ordered: bool = False, types: tuple[str, ...] | None = None) -> WebhookEndpoint:
    """An endpoint that is not stored."""
    return WebhookEndpoint(
        id=new_id(),
        url=f"https://{name}.example.com/hooks",
        types=types,
        ordered=ordered,
        secrets=WebhookSecrets(current=f"whsec_{name}"),
        created_at=NOON,
        starts_after="A" * 43,
    )


class WebhookEndpointRepositoryTests:
    """Promises of ``WebhookEndpointRepository``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_added_endpoint_is_read_with_all_members(self, store: StoreHarness) -> None:
        secrets = WebhookSecrets(current="whsec_b", former="whsec_a", former_until=LATER)
        endpoint = replace(
            an_endpoint(ordered=True, types=WEBHOOK_TYPES[:2]),
            secrets=secrets,
            failing_since=NOON,
            last_failed_at=LATER,
        ).disabled(DisabledReason.GONE)

        store.webhooks.add(endpoint, limit=1)

        assert store.webhooks.get(endpoint.id) == endpoint
        assert store.webhooks.list() == [endpoint]

    def test_endpoints_are_listed_oldest_first(self, store: StoreHarness) -> None:
        second, first = replace(an_endpoint("two"), created_at=LATER), an_endpoint("one")
        for endpoint in (second, first):
            store.webhooks.add(endpoint, limit=2)

        assert store.webhooks.list() == [first, second]

    def test_url_is_that_of_one_endpoint(self, store: StoreHarness) -> None:
        outcomes = at_once(*[lambda: store.webhooks.add(an_endpoint(), limit=9)] * 3)

        assert [type(outcome) for outcome in outcomes if outcome] == [WebhookExists] * 2
        assert len(store.webhooks.list()) == 1

    def test_limit_holds_for_additions_at_once(self, store: StoreHarness) -> None:
        new = [an_endpoint(f"e{number}") for number in range(5)]

        outcomes = at_once(*[lambda each=each: store.webhooks.add(each, limit=2) for each in new])

        assert [type(outcome) for outcome in outcomes if outcome] == [TooManyWebhooks] * 3
        assert len(store.webhooks.list()) == 2

    def test_changes_at_once_are_not_lost(self, store: StoreHarness) -> None:
        endpoint = an_endpoint()
        store.webhooks.add(endpoint, limit=1)

        def longer(present: WebhookEndpoint) -> WebhookEndpoint:
            return replace(present, secrets=WebhookSecrets(current=f"{present.secrets.current}x"))

        at_once(*[lambda: store.webhooks.update(endpoint.id, longer)] * 4)

        assert store.webhooks.get(endpoint.id).secrets.current == "whsec_onexxxx"

    def test_removed_endpoint_is_gone_with_its_deliveries(self, store: StoreHarness) -> None:
        endpoint, other = an_endpoint("one"), an_endpoint("two")
        message = WebhookMessage(id=new_id(), type=WEBHOOK_TYPES[0], order_id=new_id(), version=1, body=b"{}")
        for each in (endpoint, other):
            store.webhooks.add(each, limit=2)
            store.webhook_queue.add(NewDelivery(endpoint_id=each.id, message=message), now=NOON, due_at=NOON)

        store.webhooks.remove(endpoint.id)

        assert store.webhooks.list() == [other]
        assert store.webhook_queue.search(endpoint.id).deliveries == ()
        assert len(store.webhook_queue.search(other.id).deliveries) == 1

    @pytest.mark.parametrize("method", ["get", "update", "remove"])
    def test_unknown_endpoint_is_reported(self, store: StoreHarness, method: str) -> None:
        further = (lambda endpoint: endpoint,) if method == "update" else ()

        with pytest.raises(WebhookNotFound):
            getattr(store.webhooks, method)(new_id(), *further)
