"""Webhook deliverer: its attempts at a time, where the system has no thread left."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta

import pytest

from orders_adapters.testing.examples import NOON
from orders_adapters.testing.webhooks.deliveries import a_message
from orders_adapters.testing.webhooks.endpoints import an_endpoint
from orders_domain.model.webhooks.delivery import WebhookDelivery
from orders_domain.ports.webhooks.sender import WebhookAnswer
from orders_domain.use_cases.webhooks import (
    ClaimedDelivery,
    ClaimWebhookDeliveries,
    RecordWebhookAttempt,
    WebhookResult,
)
from orders_flask.workers.webhook_deliverer import WebhookDeliverer


def test_attempt_without_a_thread_is_not_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint, requests = an_endpoint("one"), list[ClaimWebhookDeliveries]()
    delivery = WebhookDelivery(id=1, endpoint_id=endpoint.id, message=a_message(), created_at=NOON, due_at=NOON)
    claimed = ClaimedDelivery(endpoint=endpoint, delivery=delivery, lease=NOON + timedelta(minutes=1))

    def claim(request: ClaimWebhookDeliveries) -> Sequence[ClaimedDelivery]:
        requests.append(request)
        return [claimed]

    def record(request: RecordWebhookAttempt) -> WebhookResult:
        return WebhookResult(delivery=delivery)

    deliverer = WebhookDeliverer(
        queue_deliveries=lambda: 0,
        claim_deliveries=claim,
        send=lambda request: WebhookAnswer(status=204),
        record_attempt=record,
        count_attempt=lambda outcome: None,
        clock=lambda: NOON,
        max_attempts=4,
    )

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            deliverer.step()
    deliverer.step()

    assert [(request.busy, request.limit) for request in requests] == [({}, 4), ({}, 4)]
