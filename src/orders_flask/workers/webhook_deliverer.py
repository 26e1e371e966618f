"""Webhook deliverer: queues the deliveries of new events, and sends those that are due, each in a thread."""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from uuid import UUID

import structlog

from orders_domain.errors import Unavailable
from orders_domain.model.values.total_table import total_table
from orders_domain.model.webhooks.delivery import DeliveryState
from orders_domain.model.webhooks.endpoint import DisabledReason
from orders_domain.ports.clock import Clock
from orders_domain.ports.webhooks.sender import WebhookAnswer, WebhookSender
from orders_domain.use_cases.webhooks import (
    ClaimedDelivery,
    ClaimWebhookDeliveries,
    RecordWebhookAttempt,
    WebhookResult,
)
from orders_flask.workers import runner

log = structlog.get_logger(__name__)

POLL_INTERVAL = 0.5  # seconds
FINISH_SECONDS = 3.0
"""The time that a stopped worker waits for attempts that have begun; the others are repeated by another one."""

AttemptOutcome: TypeAlias = Literal["delivered", "retried", "failed"]
_OUTCOMES: Mapping[DeliveryState, AttemptOutcome] = total_table(
    DeliveryState,
    {
        DeliveryState.DELIVERED: "delivered",
        DeliveryState.WAITING: "retried",
        DeliveryState.FAILED: "failed",
    },
)


@dataclass(kw_only=True)
class WebhookDeliverer:
    """``run`` returns when ``stop`` is set. Any number of processes may run one.

    Threads only send, and this worker's thread alone uses the store, so that a hundred endpoints that hang occupy no
    connection of the database. If it is killed, deliveries that it had claimed are made again when their leases end.
    """

    queue_deliveries: Callable[[], int]
    claim_deliveries: Callable[[ClaimWebhookDeliveries], Sequence[ClaimedDelivery]]
    send: WebhookSender
    record_attempt: Callable[[RecordWebhookAttempt], WebhookResult]
    count_attempt: Callable[[AttemptOutcome], None]
    clock: Clock
    max_attempts: int  # at a time
    stop: threading.Event = field(default_factory=threading.Event)
    _busy: Counter[UUID] = field(default_factory=Counter)
    _finished: queue.SimpleQueue[RecordWebhookAttempt] = field(default_factory=queue.SimpleQueue)
    _unrecorded: list[RecordWebhookAttempt] = field(default_factory=list)

    def run(self) -> None:
        runner.run(self.step, stop=self.stop, name="webhook deliverer")
        self._finish()

    def step(self) -> None:
        """Record attempts that have ended, queue new events, and begin attempts; if there is nothing to do, wait."""
        recorded = self._record()
        queued = self.queue_deliveries()
        limit = self.max_attempts - self._busy.total()
        claimed = self.claim_deliveries(ClaimWebhookDeliveries(busy=dict(self._busy), limit=limit))
        for delivery in claimed:
            threading.Thread(target=self._attempt, args=(delivery,), name="webhook", daemon=True).start()
            self._busy[delivery.endpoint.id] += 1  # not if the system has no thread left; the lease ends then
        if not recorded and not queued and not claimed:
            self._wait(POLL_INTERVAL)

    def _attempt(self, claimed: ClaimedDelivery) -> None:
        self._finished.put(attempt(claimed, send=self.send, clock=self.clock))

    def _record(self) -> int:
        """Store the outcomes of attempts that have ended; if the store is unavailable, at the next step."""
        count = 0
        self._wait(0)
        while self._unrecorded:
            request = self._unrecorded.pop(0)
            try:
                result = self.record_attempt(request)
            except Unavailable:
                self._unrecorded.insert(0, request)
                raise
            count += 1
            self.count_attempt(_OUTCOMES[result.delivery.state])
            _log(request, result)
        return count

    def _wait(self, seconds: float) -> bool:
        """Wait for the end of an attempt, and take all that have ended; return whether there are any."""
        timeout = seconds
        while True:
            try:
                request = self._finished.get(timeout=timeout) if timeout else self._finished.get_nowait()
            except queue.Empty:
                return bool(self._unrecorded)
            self._unrecorded.append(request)
            self._busy[request.claimed.endpoint.id] -= 1
            self._busy += Counter()  # without those that are zero
            timeout = 0

    def _finish(self) -> None:
        """Wait for attempts that have begun, and record them, so that they are not repeated."""
        until = time.monotonic() + FINISH_SECONDS
        while self._busy and (left := until - time.monotonic()) > 0:
            self._wait(min(left, POLL_INTERVAL))
        try:
            self._record()
        except Exception as error:  # noqa: BLE001 - the process ends, and the leases do
            log.warning("webhooks.not_recorded", count=len(self._unrecorded), error=str(error))


def attempt(claimed: ClaimedDelivery, *, send: WebhookSender, clock: Clock) -> RecordWebhookAttempt:
    """Send the delivery, and return its outcome; an unexpected error is an outcome, too."""
    at, begun = clock(), time.monotonic()
    try:
        answer = send(claimed.request(at=at))
    except Exception as error:
        log.exception("webhook.attempt_crashed", webhook=str(claimed.endpoint.id))
        answer = WebhookAnswer(error=f"{type(error).__name__}: {error}"[:500])
    milliseconds = int((time.monotonic() - begun) * 1_000)
    return RecordWebhookAttempt(claimed=claimed, answer=answer, at=at, milliseconds=milliseconds)


def _log(request: RecordWebhookAttempt, result: WebhookResult) -> None:
    delivery, answer = result.delivery, request.answer
    fields = {
        "webhook": str(delivery.endpoint_id),
        "delivery": delivery.id,
        "message": str(delivery.message.id),
        "status": answer.status,
        "milliseconds": request.milliseconds,
    }
    if delivery.state is DeliveryState.DELIVERED:
        log.info("webhook.delivered", **fields)
    elif delivery.state is DeliveryState.WAITING:
        log.info("webhook.retried", error=answer.error, due_at=delivery.due_at.isoformat(), **fields)
    else:
        log.warning("webhook.failed", error=answer.error, **fields)
    if result.disabled:
        reason = (result.disabled.disabled_reason or DisabledReason.FAILING).value
        log.error(
            "webhook.disabled",
            webhook=str(result.disabled.id),
            reason=reason,
            advice=f"When it works again: orders webhooks enable {result.disabled.id}",
        )
