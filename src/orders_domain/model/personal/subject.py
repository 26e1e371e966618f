"""Data subject: the person whose personal data is exported or erased."""

from __future__ import annotations

from dataclasses import dataclass

from orders_domain.errors import Kind, OrdersError


class SubjectNotFound(OrdersError):
    """Nothing is stored about the person."""

    kind = Kind.NOT_FOUND
    code = "subject_not_found"

    def __init__(self) -> None:
        super().__init__("Nothing is stored about this person: there is no such account, user or e-mail address.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSubject:
    """The ids of the person as a user, and the e-mail addresses of orders without a user, in lower case."""

    user_ids: frozenset[str]
    emails: frozenset[str]

    def is_email(self, text: str | None) -> bool:
        """Return whether the text is one of the addresses, however it is written."""
        return text is not None and text.strip().lower() in self.emails
