"""Instrumentation of use cases: log line and counter for each outcome."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias, TypeVar

import structlog

from orders_domain.errors import AccessDenied, OrderHidden, OrdersError, Unavailable
from orders_domain.model.idempotency import DuplicateRequest
from orders_domain.model.jobs.files import DuplicateFileJob
from orders_domain.model.life.payment_message import OrderReference
from orders_domain.model.life.stock_hold import DuplicateStockHold
from orders_domain.model.order import Order
from orders_domain.use_cases import ReceivePayment, TrackShipment
from orders_flask.observability.metrics import Metrics

log = structlog.get_logger(__name__)

Result = TypeVar("Result")

UNEXPECTED_ERROR = "unexpected_error"
"""The reason of a failure that is not an ``OrdersError``."""


UserAndOrder: TypeAlias = tuple[str, str | None]


def of_request(request: Any) -> UserAndOrder:
    """Return the actor's subject and the order of a request; None if the request names no order."""
    return request.actor.subject, _text(getattr(request, "order_id", None))


def of_tracking_event(request: TrackShipment) -> UserAndOrder:
    """Return the carrier, and the order of the event or its shipment."""
    return request.event.actor.subject, _text(request.event.order or request.event.shipment_id)


def of_payment_message(request: ReceivePayment) -> UserAndOrder:
    """Return the provider, and the order of the message."""
    order = request.message.order
    return request.message.provider, order.reference if isinstance(order, OrderReference) else str(order)


def instrumented(
    use_case: Callable[..., Result], *, user_and_order: Callable[[Any], UserAndOrder] = of_request
) -> Callable[..., Result]:
    """Return the use case with logging and metrics (clauses 002-25, 002-28); it has a further argument ``metrics``."""
    name = use_case.__name__

    @wraps(use_case)
    def wrapper(request: Any, *, metrics: Metrics, **ports: Any) -> Result:
        user, order = user_and_order(request)
        fields = {"use_case": name, "user": user, "order": order}
        try:
            result = use_case(request, **ports)
        except DuplicateRequest as error:
            metrics.use_case(name, outcome="replayed")
            log.info("use_case.replayed", **fields | {"order": str(error.order.id)})
            raise
        except (DuplicateStockHold, DuplicateFileJob):
            metrics.use_case(name, outcome="replayed")
            log.info("use_case.replayed", **fields)
            raise
        except Unavailable as error:
            metrics.use_case(name, outcome="failed", reason=error.code)
            # An information only, also below, because the caller reports the failure: request, worker or command.
            log.info("use_case.failed", reason=error.code, error=str(error), **fields)
            raise
        except OrdersError as error:
            metrics.use_case(name, outcome="rejected", reason=error.code)
            if isinstance(error, AccessDenied | OrderHidden):
                log.warning("access.denied", reason=error.code, **fields)
            else:
                log.info("use_case.rejected", reason=error.code, error=str(error), **fields)
            raise
        except Exception:
            metrics.use_case(name, outcome="failed", reason=UNEXPECTED_ERROR)
            log.info("use_case.failed", reason=UNEXPECTED_ERROR, **fields)
            raise
        metrics.use_case(name, outcome="completed")
        log.info("use_case.completed", **fields | ({"order": str(result.id)} if isinstance(result, Order) else {}))
        return result

    return wrapper


def _text(ref: object) -> str | None:
    return None if ref is None else str(ref)
