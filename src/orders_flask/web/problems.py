"""Problems: contract-independent descriptions of failed requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from orders_domain.errors import InsufficientStock, Kind, Shortage
from orders_domain.model.access_rules import TransitionNotPermitted
from orders_domain.model.status import InvalidTransition, StatusVocabulary
from orders_domain.model.values.total_table import total_table

STATUSES: Mapping[Kind, int] = total_table(
    Kind,
    {
        Kind.INVALID: 422,
        Kind.UNAUTHENTICATED: 401,
        Kind.FORBIDDEN: 403,
        Kind.NOT_FOUND: 404,
        Kind.CONFLICT: 409,
        Kind.PRECONDITION: 412,
        Kind.IN_PROGRESS: 409,
        Kind.KEY_REUSED: 422,
        Kind.RATE_LIMITED: 429,
        Kind.UNAVAILABLE: 503,
    },
)
"""The default HTTP status of each kind of error; contracts may override it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A failed request: HTTP status, detail, messages by field, contract-specific members, headers."""

    status: int
    detail: str
    errors: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] | None = None  # further members of the contract's error body
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return HTTPStatus(self.status).phrase


class MalformedBody(Exception):
    """The body cannot be parsed. The text says why."""


class InvalidRequest(Exception):
    """The request does not match its schema; ``messages`` are by field."""

    def __init__(self, messages: Mapping[str, Any], *, in_query: bool = False) -> None:
        super().__init__("The request is not valid.")
        self.messages = messages
        self.in_query = in_query


def invalid_transition(error: InvalidTransition, vocabulary: StatusVocabulary) -> str:
    """Return the error text with the status names of a contract."""
    current, target = vocabulary.name_of(error.current), vocabulary.name_of(error.target)
    allowed = sorted({vocabulary.name_of(status) for status in error.allowed} - {current})
    if isinstance(error, TransitionNotPermitted):
        return (
            f"This order was placed through the contract {error.origin.value}. You may not change its status from "
            f"{current} to {target}; allowed: {', '.join(allowed) or 'none'}."
        )
    return f"An order that is {current} cannot become {target}; it can become: {', '.join(allowed) or 'nothing'}."


def insufficient_stock(error: InsufficientStock) -> str:
    """Return the error text with what is available of each product."""
    return f"Insufficient quantity for: {', '.join(map(_shortage, error.shortages))}"


def _shortage(shortage: Shortage) -> str:
    name = shortage.name or f"product {shortage.product_id}"
    return f"{name} (requested {shortage.requested}, available {shortage.available})"


def problem_json(problem: Problem) -> tuple[dict[str, Any], str]:
    """Return an RFC 9457 body and its media type."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.errors is not None:
        body["errors"] = problem.errors
    return body, "application/problem+json"
