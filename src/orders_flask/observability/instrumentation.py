"""Use cases, observed: each leaves a line in the log and a count, whether it did what was asked or refused it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import structlog

from orders_domain.errors import AccessDenied, OrderHidden, OrdersError
from orders_domain.model.idempotency import DuplicateRequest
from orders_domain.model.order import Order
from orders_flask.observability.metrics import Metrics

log = structlog.get_logger(__name__)

Result = TypeVar("Result")


def instrumented(use_case: Callable[..., Result]) -> Callable[..., Result]:
    """Return the use case, leaving a line and a count (clauses 002-25, 002-28); it takes ``metrics`` too."""
    name = use_case.__name__

    @wraps(use_case)
    def watched(request: Any, *, metrics: Metrics, **ports: Any) -> Result:
        about = {"use_case": name, "user": request.actor.subject, "order": _named(getattr(request, "order_id", None))}
        try:
            answer = use_case(request, **ports)
        except DuplicateRequest as error:
            metrics.replayed(name)
            log.info("replayed", **about | {"order": str(error.order.id)})
            raise
        except OrdersError as error:
            metrics.rejected(name, reason=error.code)
            if isinstance(error, AccessDenied | OrderHidden):
                log.warning("access violation", reason=error.code, **about)
            else:
                log.info("refused", reason=error.code, sentence=str(error), **about)
            raise
        metrics.completed(name)
        log.info("done", **about | ({"order": str(answer.id)} if isinstance(answer, Order) else {}))
        return answer

    return watched


def _named(ref: object) -> str | None:
    return None if ref is None else str(ref)
