"""Responses of the event loop, without a thread: refusals, and liveness, which must not depend on any thread."""

from typing import Any

import structlog
from flask import Flask

from orders_flask.web.context import use_cases
from orders_flask.web.error_handlers import render
from orders_flask.web.problems import Problem
from orders_flask.web.request_logging import request_id

RETRY_SECONDS = 1

log = structlog.get_logger(__name__)


async def send_busy(app: Flask, scope: Any, send: Any, *, reason: str) -> None:
    """Send 503 in the form of the contract that owns the path."""
    problem = Problem(status=503, detail="The service is busy; please retry.")
    await _refuse(app, scope, send, problem, reason=reason, headers={"retry-after": str(RETRY_SECONDS)})


async def send_incomplete(app: Flask, scope: Any, send: Any) -> None:
    """Send 400, which a client that has disconnected does not receive."""
    problem = Problem(status=400, detail="The body must be complete, and its chunks must be well-formed.")
    await _refuse(app, scope, send, problem, reason="incomplete_body", headers={"connection": "close"})


async def _refuse(app: Flask, scope: Any, send: Any, problem: Problem, *, reason: str, headers: dict[str, str]) -> None:
    with app.app_context():
        body, media_type = render(problem, scope["path"])
        use_cases().metrics.request_rejected(reason=reason)
    own_id = _request_id(scope)
    log.info("request.refused", reason=reason, method=scope["method"], path=scope["path"], request_id=own_id)
    await _send(send, problem.status, body, media_type, headers | {"x-request-id": own_id})


async def send_liveness(app: Flask, scope: Any, send: Any) -> None:
    """Send the response of ``/healthz``."""
    with app.app_context():
        use_cases().metrics.request(method=scope["method"], route="/healthz", status=200, seconds=0.0)
    own_id = _request_id(scope)
    log.debug("probe.completed", path=scope["path"], status=200, request_id=own_id)
    await _send(send, 200, b'{"status":"ok"}', "application/json", {"x-request-id": own_id})


def _request_id(scope: Any) -> str:
    given = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"]
    return request_id(",".join(given))


async def _send(send: Any, status: int, body: bytes, media_type: str, headers: dict[str, str]) -> None:
    all_headers = headers | {
        "content-type": media_type,
        "content-length": str(len(body)),
        "x-content-type-options": "nosniff",
    }
    encoded = [(name.encode(), value.encode()) for name, value in all_headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})
