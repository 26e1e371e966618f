"""What went wrong with a request: one shape, which each contract writes in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from orders_domain.errors import Kind
from orders_domain.model.access_rules import TransitionNotPermitted
from orders_domain.model.status import InvalidTransition, StatusVocabulary

STATUSES: Mapping[Kind, int] = MappingProxyType(
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
    }
)
"""The status of each kind of error, where a contract has no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A refusal: an HTTP status, a sentence, messages by field, particulars, headers."""

    status: int
    detail: str
    errors: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] | None = None  # what else the contract says of this error
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return HTTPStatus(self.status).phrase


class MalformedBody(Exception):
    """The body is no JSON that we read. The sentence says why."""


class InvalidRequest(Exception):
    """The request does not fit its schema: messages by place and field."""

    def __init__(self, messages: Mapping[str, Any]) -> None:
        super().__init__("The request is not valid.")
        self.messages = messages


def invalid_transition(error: InvalidTransition, vocabulary: StatusVocabulary) -> str:
    """Return the sentence about it, in a contract's words."""
    current, wanted = vocabulary.name_of(error.current), vocabulary.name_of(error.target)
    allowed = sorted({vocabulary.name_of(status) for status in error.allowed} - {current})
    if isinstance(error, TransitionNotPermitted):
        return (
            f"This order was placed by the contract {error.origin.value}: while it is {current}, you cannot make it "
            f"{wanted}; you can make it: {', '.join(allowed) or 'nothing'}."
        )
    return f"An order that is {current} cannot become {wanted}; it can become: {', '.join(allowed) or 'nothing'}."


def problem_json(problem: Problem) -> tuple[dict[str, Any], str]:
    """Return the body of RFC 9457 and its media type."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.errors is not None:
        body["errors"] = problem.errors
    return body, "application/problem+json"
