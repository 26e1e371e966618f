"""Instrumentation: one counter and one log line for each outcome of a use case."""

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from orders_adapters.testing.examples import ADA, placed
from orders_domain import Actor
from orders_domain.errors import AccessDenied, InvalidValue, OrderHidden, StoreUnavailable
from orders_domain.model.idempotency import DuplicateRequest
from orders_domain.model.tracking import TrackingEvent
from orders_domain.ports.outbox import OutboxBacklog
from orders_domain.use_cases import TrackShipment
from orders_flask.observability.instrumentation import instrumented, of_tracking_event
from orders_flask.observability.metrics import Metrics
from tests.support.cases import each_case

AT = datetime(2026, 3, 14, tzinfo=UTC)


@dataclass
class Request:
    actor: Actor
    order_id: int = 7


def run(outcome: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """The log lines of a use case that returns or raises the outcome, and the samples of its counter."""
    metrics = Metrics(
        backlog=lambda: OutboxBacklog(waiting=0, parked=0), clock=lambda: datetime(2030, 5, 17, tzinfo=UTC)
    )

    def use_case(_: Request) -> object:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    with capture_logs() as lines:
        expected = pytest.raises(type(outcome)) if isinstance(outcome, Exception) else nullcontext()
        with expected:
            assert instrumented(use_case)(Request(ADA), metrics=metrics) is outcome
    samples = metrics.exposition().get_data(as_text=True).splitlines()
    return [dict(line) for line in lines], [line for line in samples if line.startswith("orders_use_cases_total{")]


@each_case(
    ("outcome", "event", "level", "labels"),
    [
        (None, "use_case.completed", "info", 'outcome="completed",reason=""'),
        (DuplicateRequest(placed()), "use_case.replayed", "info", 'outcome="replayed",reason=""'),
        (InvalidValue("Wrong."), "use_case.rejected", "info", 'outcome="rejected",reason="invalid_value"'),
        (AccessDenied("No."), "access.denied", "warning", 'outcome="rejected",reason="access_denied"'),
        (OrderHidden(7), "access.denied", "warning", 'outcome="rejected",reason="order_hidden"'),
        (StoreUnavailable("Gone."), "use_case.failed", "info", 'outcome="failed",reason="store_unavailable"'),
        (ZeroDivisionError("secret"), "use_case.failed", "info", 'outcome="failed",reason="unexpected_error"'),
    ],
)
def test_outcome_is_counted_and_logged(outcome: Any, event: str, level: str, labels: str) -> None:
    (line,), (sample,) = run(outcome)

    assert (line["event"], line["log_level"]) == (event, level)
    assert (line["use_case"], line["user"]) == ("use_case", ADA.subject)
    assert sample == f'orders_use_cases_total{{{labels},use_case="use_case"}} 1.0'


def test_line_names_the_stored_or_requested_order() -> None:
    order = placed()

    assert [run(outcome)[0][0]["order"] for outcome in (order, DuplicateRequest(order), None)] == [
        str(order.id),
        str(order.id),
        "7",
    ]


def test_unexpected_message_is_not_logged() -> None:
    assert "secret" not in str(run(ZeroDivisionError("secret")))


def test_tracking_event_is_logged_with_order() -> None:
    event = TrackingEvent(id="e-1", order=7, shipment_id="S-1", status="SHIPPED", occurred_at=AT)

    assert of_tracking_event(TrackShipment(event=event)) == ("carrier", "7")


def test_tracking_event_is_logged_with_shipment() -> None:
    event = TrackingEvent(id="e-1", shipment_id="S-1", status="SHIPPED", occurred_at=AT)

    assert of_tracking_event(TrackShipment(event=event)) == ("carrier", "S-1")
