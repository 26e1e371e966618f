"""Schedule of deliveries, state of endpoints, and secrets with an overlap."""

from dataclasses import replace
from datetime import timedelta

import pytest

from orders_adapters.testing.examples import NOON, new_id
from orders_adapters.testing.webhooks.deliveries import BROKEN, DONE, a_message
from orders_adapters.testing.webhooks.endpoints import an_endpoint
from orders_domain.errors import InvalidValue
from orders_domain.model.webhooks.delivery import (
    MAX_LOGGED_ATTEMPTS,
    RETRY_DELAYS,
    DeliveryAttempt,
    DeliveryState,
    WebhookDelivery,
)
from orders_domain.model.webhooks.endpoint import DisabledReason, WebhookEndpoint, WebhookSecrets
from tests.support.cases import each_case

DELIVERY = WebhookDelivery(id=1, endpoint_id=new_id(), message=a_message(), created_at=NOON, due_at=NOON)
NO_PAUSE = timedelta(0)
DAY = timedelta(days=1)


def test_retries_last_for_72_hours() -> None:
    delivery, times = DELIVERY, []
    while delivery.state is DeliveryState.WAITING:
        times.append(delivery.due_at)
        delivery = delivery.attempted(BROKEN, now=delivery.due_at, retry_after=NO_PAUSE)

    assert delivery.state is DeliveryState.FAILED
    assert times[1] - times[0] <= timedelta(minutes=1)
    assert times[-1] - times[0] == timedelta(hours=72)
    assert list(RETRY_DELAYS) == sorted(RETRY_DELAYS)
    assert len(delivery.attempts) == len(times) == len(RETRY_DELAYS) + 1


@each_case("status, state", [(200, "delivered"), (299, "delivered"), (410, "failed")])
def test_final_status_ends_the_delivery(status: int, state: str) -> None:
    attempt = DeliveryAttempt(at=NOON, status=status)

    assert DELIVERY.attempted(attempt, now=NOON, retry_after=NO_PAUSE).state is DeliveryState(state)


@each_case("status", [100, 199, 300, 301, 302, 304, 307, 308, 400, 401, 404, 409, 429, 500, 503, None])
def test_other_status_is_tried_again(status: int | None) -> None:
    attempt = DeliveryAttempt(at=NOON, status=status, error=None if status else "No answer in time.")

    assert DELIVERY.attempted(attempt, now=NOON, retry_after=NO_PAUSE).state is DeliveryState.WAITING


def test_receiver_can_ask_for_a_longer_pause() -> None:
    pauses = [
        DELIVERY.attempted(BROKEN, now=NOON, retry_after=timedelta(seconds=seconds)).due_at - NOON
        for seconds in (1, 3_600, 10**9)
    ]

    assert pauses == [RETRY_DELAYS[0], timedelta(hours=1), timedelta(hours=12)]


def test_log_has_the_latest_attempts() -> None:
    logged = replace(DELIVERY, attempts=(BROKEN,) * MAX_LOGGED_ATTEMPTS)

    after = logged.attempted(DONE, now=NOON, retry_after=NO_PAUSE)

    assert after.attempts == (BROKEN,) * (MAX_LOGGED_ATTEMPTS - 1) + (DONE,)


def failing(*hours: float) -> WebhookEndpoint:
    """An endpoint after failures at these hours."""
    endpoint = an_endpoint()
    for hour in hours:
        endpoint = endpoint.failed(at=NOON + timedelta(hours=hour), is_gone=False)
    return endpoint


def test_endpoint_that_fails_for_5_days_is_disabled() -> None:
    times = range(0, 120, 12)

    assert failing(*times).is_enabled
    assert failing(*times, 120).disabled_reason is DisabledReason.FAILING


def test_success_or_a_long_pause_begins_the_time_anew() -> None:
    succeeded = failing(*range(0, 120, 12)).succeeded()

    assert succeeded.failed(at=NOON + 6 * DAY, is_gone=False).is_enabled
    assert failing(0, 24 * 30).is_enabled


def test_endpoint_that_is_gone_is_disabled_at_once() -> None:
    gone = an_endpoint().failed(at=NOON, is_gone=True)

    assert gone.disabled_reason is DisabledReason.GONE
    assert gone.disabled(DisabledReason.REQUESTED) == gone
    enabled = gone.enabled(starts_after="B" * 43)
    assert (enabled.is_enabled, enabled.failing_since, enabled.starts_after) == (True, None, "B" * 43)
    assert enabled.enabled(starts_after="C" * 43) == enabled


def test_former_secret_signs_until_the_overlap_ends() -> None:
    secrets = WebhookSecrets(current="whsec_a").rotated("whsec_b", at=NOON, overlap=DAY)

    assert secrets.valid_at(NOON + DAY - timedelta(seconds=1)) == ("whsec_b", "whsec_a")
    assert secrets.valid_at(NOON + DAY) == ("whsec_b",)
    assert "whsec" not in repr(secrets)


@each_case("seconds", [-1, 604_801])
def test_overlap_is_bounded(seconds: int) -> None:
    with pytest.raises(InvalidValue):
        WebhookSecrets(current="whsec_a").rotated("whsec_b", at=NOON, overlap=timedelta(seconds=seconds))


@each_case("types", [(), ("orders.*",), ("orders.stock_low.v1",), ("x" * 65_536,)])
def test_unknown_types_are_refused(types: tuple[str, ...]) -> None:
    with pytest.raises(InvalidValue) as refused:
        an_endpoint(types=types)

    assert len(str(refused.value)) < 2_000
