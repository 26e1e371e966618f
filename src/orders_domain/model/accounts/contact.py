"""Contact of a customer: the name, the addresses of letters and short messages, and the postal addresses.

All of it is personal data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orders_domain.errors import InvalidValue
from orders_domain.model.address import Address
from orders_domain.model.values.json_values import JSON, bounded_text_error, known, text_error

MAX_LENGTHS = {"name": 255, "email": 320, "phone": 64}
"""The maximum length of each text that a sender gives, in characters."""
MAX_ADDRESS_LENGTH = 254  # characters (RFC 5321)
MAX_LANGUAGE_LENGTH = 35  # characters (RFC 5646, 4.4.1)
_PHONE_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")  # ITU-T E.164: at most 15 digits with the country code
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
"""The whole texts that can be a language tag (RFC 5646), if they are not too long."""
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
    return len(text) <= MAX_LANGUAGE_LENGTH and LANGUAGE.fullmatch(text) is not None


def ensure_language(text: str | None) -> None:
    """Check a language tag, unless there is none.

    Raises:
        InvalidValue: the text does not have the form of a language tag.
    """
    if text is not None and not is_language(text):
        raise InvalidValue("A language must be like de or de-AT.", field="language")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A name, an e-mail address, a phone number, a language tag and postal addresses; each may be absent.

    The name, the e-mail address and the phone number are as they were given. Letters go to ``email_address`` and
    ``phone_number``, so that an order is never refused for the address of its letters.

    Raises:
        InvalidValue: a text is not a string of 1 to 255, 320 or 64 storable characters, or the language has another
            form; ``field`` names it.
    """

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str | None = None
    shipping: Address | None = None
    billing: Address | None = None

    def __post_init__(self) -> None:
        for name, longest in MAX_LENGTHS.items():
            text = getattr(self, name)
            if text is not None and (error := bounded_text_error(text, max_length=longest)):
                raise InvalidValue(f"{name} {error}.", field=name)
        ensure_language(self.language)

    @classmethod
    def of(cls, *, email: object = None, phone: object = None, language: object = None) -> Contact:
        """Return the contact of values from elsewhere: each that does not have the form is absent.

        A language may be written de_AT.
        """
        tag = _spelled(language).replace("_", "-")
        return cls(
            email=_email_address(_spelled(email)),
            phone=_phone_number(_spelled(phone)),
            language=tag if is_language(tag) else None,
        )

    @classmethod
    def stored(cls, members: Mapping[str, Any]) -> Contact:
        """Return the contact of ``as_json``."""
        kinds = (name for name in ("shipping", "billing") if name in members)
        addresses = {name: Address(**known(Address, members[name])) for name in kinds}
        return cls(**{**known(cls, members), **addresses})

    @property
    def email_address(self) -> str | None:
        """The address of letters; None if the e-mail address has another form."""
        return _email_address(_spelled(self.email))

    @property
    def phone_number(self) -> str | None:
        """The number of short messages, of E.164; None if the phone number cannot be written so.

        It may be given with spaces, hyphens and parentheses.
        """
        return _phone_number(_spelled(self.phone))

    @property
    def is_named(self) -> bool:
        """Whether it says who the customer is."""
        return bool(self.name or self.email or self.phone)

    def or_else(self, other: Contact) -> Contact:
        """Return this contact, with the values of the other where this one has none."""
        return Contact(
            name=self.name or other.name,
            email=self.email or other.email,
            phone=self.phone or other.phone,
            language=self.language or other.language,
            shipping=self.shipping or other.shipping,
            billing=self.billing or other.billing,
        )

    def as_json(self) -> dict[str, JSON]:
        """Return the values that are present, by name."""
        values: dict[str, Any] = {
            "name": self.name,
            "email": self.email,
            "phone": self.phone,
            "language": self.language,
            "shipping": self.shipping and self.shipping.as_dict(),
            "billing": self.billing and self.billing.as_dict(),
        }
        return {name: value for name, value in values.items() if value is not None}


def _spelled(value: object) -> str:
    return value.strip() if isinstance(value, str) and not text_error(value) else ""


def _email_address(text: str) -> str | None:
    return text if is_email_address(text) else None


def _phone_number(text: str) -> str | None:
    number = text.translate(dict.fromkeys(map(ord, " -()./"), ""))
    return number if is_phone_number(number) else None


NO_CONTACT = Contact()
