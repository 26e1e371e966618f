"""Instrumentation of use cases: log line and counter for each outcome."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias, TypeVar

import structlog

from orders_domain.errors import AccessDenied, OrderHidden, OrdersError
from orders_domain.model.idempotency import DuplicateRequest
from orders_domain.model.order import Order
from orders_domain.use_cases import NotifyUser, TrackShipment
from orders_flask.observability.metrics import Metrics

log = structlog.get_logger(__name__)

Result = TypeVar("Result")


LogFields: TypeAlias = dict[str, str | None]


def request_fields(request: Any) -> LogFields:
    """Return the fields of an actor's request; ``order`` is None if the request names none."""
    return {"user": request.actor.subject, "order": _text(getattr(request, "order_id", None))}


def tracking_fields(request: TrackShipment) -> LogFields:
    """Return the fields of a tracking event, which names the order or its shipment."""
    return {"user": request.event.actor.subject, "order": _text(request.event.order or request.event.shipment_id)}


def notification_fields(request: NotifyUser) -> LogFields:
    """Return the fields of a notification, which has no actor."""
    return {"user": "notifier", "order": None}


def instrumented(
    use_case: Callable[..., Result], *, log_fields: Callable[[Any], LogFields] = request_fields
) -> Callable[..., Result]:
    """Return the use case with logging and metrics (clauses 002-25, 002-28); it has a further argument ``metrics``."""
    name = use_case.__name__

    @wraps(use_case)
    def wrapper(request: Any, *, metrics: Metrics, **ports: Any) -> Result:
        fields = {"use_case": name, **log_fields(request)}
        try:
            result = use_case(request, **ports)
        except DuplicateRequest as error:
            metrics.replayed(name)
            log.info("replayed", **fields | {"order": str(error.order.id)})
            raise
        except OrdersError as error:
            metrics.rejected(name, reason=error.code)
            if isinstance(error, AccessDenied | OrderHidden):
                log.warning("access violation", reason=error.code, **fields)
            else:
                log.info("refused", reason=error.code, sentence=str(error), **fields)
            raise
        metrics.completed(name)
        log.info("done", **fields | ({"order": str(result.id)} if isinstance(result, Order) else {}))
        return result

    return wrapper


def _text(ref: object) -> str | None:
    return None if ref is None else str(ref)
