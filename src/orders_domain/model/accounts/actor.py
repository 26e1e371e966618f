"""Actor of a request: subject, role and scopes, with the request's id and trace context."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from orders_domain.errors import InvalidValue
from orders_domain.model.accounts.contact import NO_CONTACT, Contact
from orders_domain.model.values.json_values import text_error

MAX_SUBJECT_LENGTH = 255  # characters (OpenID Connect Core 1.0, 2)


class Role(Enum):
    CUSTOMER = "customer"
    ADMIN = "admin"
    SYSTEM = "system"  # background workers; no token grants it


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The user or worker that performs a use case.

    Raises:
        InvalidValue: the subject is not a string of 1 to 255 storable characters, the request id is not a storable
            string, or the scopes are a single string.
    """

    subject: str
    role: Role = Role.CUSTOMER
    scopes: frozenset[str] = frozenset()
    request_id: str | None = None
    traceparent: str | None = None  # W3C Trace Context: the span of the request, if its sender has one
    contact: Contact = field(default=NO_CONTACT, compare=False, repr=False)  # the actor's own

    def __post_init__(self) -> None:
        if not isinstance(self.subject, str) or not 1 <= len(self.subject) <= MAX_SUBJECT_LENGTH:
            raise InvalidValue(
                f"The subject must be a string of 1 to {MAX_SUBJECT_LENGTH} characters.", field="subject"
            )
        if error := text_error(self.subject):
            raise InvalidValue(f"The subject {error}.", field="subject")
        if isinstance(self.scopes, str):  # because every substring of it would be a scope
            raise InvalidValue("The scopes must be a set of strings.", field="scopes")
        if self.request_id is not None and not isinstance(self.request_id, str):
            raise InvalidValue("The request id must be a string.", field="request_id")
        if self.request_id is not None and (error := text_error(self.request_id)):
            raise InvalidValue(f"The request id {error}.", field="request_id")

    def has_scope(self, scope: str) -> bool:
        """Return whether the actor has the scope; administrators have every scope."""
        return self.role is Role.ADMIN or scope in self.scopes
