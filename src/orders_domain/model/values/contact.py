"""Contact of a customer: the e-mail address, the phone number and the language of messages about an order."""

from __future__ import annotations

import re
from dataclasses import dataclass

from orders_domain.errors import InvalidValue
from orders_domain.model.values.json_values import text_error

MAX_ADDRESS_LENGTH = 254  # characters (RFC 5321)
MAX_LANGUAGE_LENGTH = 35  # characters (RFC 5646, 4.4.1)
_PHONE_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")  # ITU-T E.164: at most 15 digits with the country code
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_NOT_IN_ADDRESSES = frozenset(' <>,;:"\\')


def is_email_address(text: str) -> bool:
    """Return whether the text is an address: a name, an @ and a host, with no space and no special character."""
    name, at, host = text.rpartition("@")
    return (
        bool(name and at and host)
        and len(text) <= MAX_ADDRESS_LENGTH
        and text.isprintable()
        and not set(text) & _NOT_IN_ADDRESSES
    )


def is_phone_number(text: str) -> bool:
    """Return whether the text is a number of E.164: a plus sign and 7 to 15 digits, as +4915112345678."""
    return _PHONE_NUMBER.fullmatch(text) is not None


def is_language(text: str) -> bool:
    """Return whether the text has the form of a language tag (RFC 5646), as de or de-AT."""
    return len(text) <= MAX_LANGUAGE_LENGTH and _LANGUAGE.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An e-mail address, a phone number of E.164 and a language tag; each may be absent.

    Raises:
        InvalidValue: a value has another form.
    """

    email: str | None = None
    phone: str | None = None
    language: str | None = None

    def __post_init__(self) -> None:
        if self.email is not None and not is_email_address(self.email):
            raise InvalidValue("An e-mail address must be like ann@example.com.", field="email")
        if self.phone is not None and not is_phone_number(self.phone):
            raise InvalidValue("A phone number must be like +4915112345678 (E.164).", field="phone")
        if self.language is not None and not is_language(self.language):
            raise InvalidValue("A language must be like de or de-AT.", field="language")

    @classmethod
    def of(cls, *, email: object = None, phone: object = None, language: object = None) -> Contact:
        """Return the contact of values from elsewhere: each that does not have the form is absent.

        A phone number may have spaces, hyphens and parentheses, and a language may be written de_AT. So an order is
        never refused for the address of its letters.
        """
        number = _spelled(phone).translate(dict.fromkeys(map(ord, " -()./"), ""))
        tag = _spelled(language).replace("_", "-")
        address = _spelled(email)
        return cls(
            email=address if is_email_address(address) else None,
            phone=number if is_phone_number(number) else None,
            language=tag if is_language(tag) else None,
        )

    def or_else(self, other: Contact) -> Contact:
        """Return this contact, with the values of the other where this one has none."""
        return Contact(
            email=self.email or other.email,
            phone=self.phone or other.phone,
            language=self.language or other.language,
        )

    def as_dict(self) -> dict[str, str]:
        """Return the values that are present, by name."""
        values = {"email": self.email, "phone": self.phone, "language": self.language}
        return {name: value for name, value in values.items() if value is not None}


def _spelled(value: object) -> str:
    return value.strip() if isinstance(value, str) and not text_error(value) else ""


NO_CONTACT = Contact()
