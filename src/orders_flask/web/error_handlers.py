"""Error handlers: map each exception to the error body of the contract that owns the URL."""

import structlog
from flask import Flask, Response, current_app, json, request
from werkzeug.exceptions import HTTPException

from orders_domain.errors import (
    InvalidCredentials,
    InvalidToken,
    InvalidValue,
    Kind,
    OrdersError,
    RequestInProgress,
    TooManyAttempts,
    TooManyRequests,
    Unavailable,
)
from orders_domain.model.jobs import TooManyFileJobs
from orders_domain.model.order import OrderFinalized
from orders_flask.web.authentication import CHALLENGE, authenticate
from orders_flask.web.context import use_cases
from orders_flask.web.contract import Contract
from orders_flask.web.etags import etag
from orders_flask.web.idempotency import FIELD_NAMES, TEXTS
from orders_flask.web.problems import STATUSES, InvalidRequest, MalformedBody, Problem, problem_json

log = structlog.get_logger(__name__)

_KEY = "orders-contracts"
_PASSED_HEADERS = ("Accept-Encoding", "Allow", "Retry-After", "Location", "Content-Range")


def install(app: Flask, mounts: dict[str, Contract]) -> None:
    """Register handlers for all exceptions; ``mounts`` maps URL prefixes to contracts."""
    app.extensions[_KEY] = mounts
    for kind in (OrdersError, InvalidRequest, MalformedBody, HTTPException, Exception):
        app.register_error_handler(kind, handle)


def handle(error: Exception) -> Response:
    """Return the response to the error, in the form of the contract that owns the request's path."""
    prefix = _prefix_of(request.path)
    contract = _mounts()[prefix] if prefix else None
    if contract and prefix not in contract.absolute_mounts and error is request.routing_exception:
        error = _require_authentication(error)
    problem = described(error, contract)
    body, media_type = render(problem, request.path)
    response = current_app.response_class(body, status=problem.status, mimetype=media_type)
    response.headers.update(problem.headers)
    return response


def described(error: Exception, contract: Contract | None = None) -> Problem:
    """Return the problem of the error, and log one that the client did not cause."""
    problem = _problem(error, contract)
    if problem.status >= 500 and not isinstance(error, Unavailable):
        log.error("request.failed", exc_info=error)
    return problem


def render(problem: Problem, path: str) -> tuple[bytes, str]:
    """Return the body and its media type, in the form of the contract that owns the path; in an app context."""
    prefix = _prefix_of(path)
    body, media_type = _mounts()[prefix].body(problem) if prefix else problem_json(problem)
    return json.dumps(body).encode(), media_type


def _mounts() -> dict[str, Contract]:
    mounts: dict[str, Contract] = current_app.extensions[_KEY]
    return mounts


def _prefix_of(path: str) -> str | None:
    """Return the longest mounted prefix of the path."""
    matching = [prefix for prefix in _mounts() if path == prefix or path.startswith(f"{prefix}/")]
    return max(matching, key=len, default=None)


def _require_authentication(error: Exception) -> Exception:
    """Replace the routing error by 401 for unauthenticated callers, so that unknown routes are not disclosed."""
    try:
        authenticate()
    except OrdersError as authentication_error:
        return authentication_error
    return error


def _problem(error: Exception, contract: Contract | None) -> Problem:
    statuses = contract.statuses if contract else STATUSES
    if isinstance(error, OrdersError):
        return _domain_error(error, statuses[error.kind], contract)
    if isinstance(error, InvalidRequest):
        use_cases().metrics.request_rejected(reason="invalid_request")
        of_query = contract.query_status if contract and error.in_query else None
        return Problem(status=of_query or statuses[Kind.INVALID], detail=str(error), errors=error.messages)
    if isinstance(error, MalformedBody):
        return Problem(status=contract.malformed_status if contract else 400, detail=str(error))
    if isinstance(error, HTTPException):
        response = error.get_response()
        headers = {name: value for name, value in response.headers if name in _PASSED_HEADERS}
        members = getattr(error, "members", None)  # of an error that a contract raises
        detail = error.description or error.name
        return Problem(status=error.code or 500, detail=detail, headers=headers, extra=members)
    return Problem(status=500, detail="An unexpected error occurred; the log has it under the request's id.")


def _domain_error(error: OrdersError, status: int, contract: Contract | None) -> Problem:
    if isinstance(error, InvalidToken):
        log.info("auth.rejected", reason=error.code, error=str(error))
        use_cases().metrics.request_rejected(reason=error.code)
        return Problem(status=status, detail="The bearer token is missing or not valid.", headers=CHALLENGE)
    if isinstance(error, Unavailable):
        log.warning("request.failed", reason=error.code, error=str(error), cause=repr(error.__cause__))
        headers = {"Retry-After": str(error.retry_after)}
        return Problem(status=status, detail="The service is temporarily unavailable; please retry.", headers=headers)
    if isinstance(error, InvalidValue):
        error = error.renamed({**FIELD_NAMES, **(contract.field_names if contract else {})})
    detail = TEXTS.get(type(error)) or (contract.sentence(error) if contract else str(error))
    errors = {error.field: [str(error)]} if isinstance(error, InvalidValue) and error.field else None
    headers = _headers(error)
    if isinstance(error, InvalidCredentials | TooManyAttempts):
        log.warning("sign_in.rejected", reason=error.code, client_address=request.remote_addr)
        use_cases().metrics.request_rejected(reason=error.code)
    if isinstance(error, TooManyRequests):
        use_cases().metrics.request_rejected(reason=error.code)
    extra = contract.details(error) if contract else None
    return Problem(status=status, detail=detail, errors=errors, extra=extra, headers=headers)


def _headers(error: OrdersError) -> dict[str, str]:
    if isinstance(error, RequestInProgress | TooManyAttempts | TooManyRequests | TooManyFileJobs):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, OrderFinalized):
        return etag(error.order)
    return {"WWW-Authenticate": "Bearer"} if isinstance(error, InvalidCredentials) else {}
