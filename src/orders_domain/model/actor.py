"""Who asks: a subject with a role and scopes, and the request that speaks for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from orders_domain.errors import InvalidValue
from orders_domain.model.json_values import text_error

MAX_SUBJECT_LENGTH = 64


class Role(Enum):
    CUSTOMER = "customer"
    ADMIN = "admin"
    SYSTEM = "system"  # our own workers; no token gives it


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody who asks for something.

    Raises:
        Refused: the subject is not a string of 1 to 64 storable characters, the request's id is not a storable string,
            or the scopes are one string.
    """

    subject: str
    role: Role = Role.CUSTOMER
    scopes: frozenset[str] = frozenset()
    request_id: str | None = None
    traceparent: str | None = None  # W3C Trace Context: the span of the request, where its sender has one

    def __post_init__(self) -> None:
        if not isinstance(self.subject, str) or not 1 <= len(self.subject) <= MAX_SUBJECT_LENGTH:
            raise InvalidValue(f"A subject is a string of 1 to {MAX_SUBJECT_LENGTH} characters.", field="sub")
        if flaw := text_error(self.subject):
            raise InvalidValue(f"The subject {flaw}.", field="sub")
        if isinstance(self.scopes, str):  # in which every part of it would be a scope
            raise InvalidValue("Scopes are a set of strings.", field="scopes")
        if self.request_id is not None and not isinstance(self.request_id, str):
            raise InvalidValue("The request's id is a string.", field="request_id")
        if self.request_id is not None and (flaw := text_error(self.request_id)):
            raise InvalidValue(f"The request's id {flaw}.", field="request_id")

    def has_scope(self, scope: str) -> bool:
        """Administrators have every scope."""
        return self.role is Role.ADMIN or scope in self.scopes
