"""Normalization of e-mail addresses, with domains by IDNA 2008 and UTS #46."""

import unicodedata

import idna

from orders_domain.errors import InvalidValue
from orders_domain.model.accounts.user import MAX_EMAIL_LENGTH, validate_email


def normalize_email(text: str) -> str:
    """See ``orders_domain.ports.accounts.email_normalizer``."""
    email = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).lower())
    validate_email(email)
    name, at, domain = email.rpartition("@")
    encoded = domain if domain.isascii() else _encode(domain)
    normalized = name + at + encoded.rstrip(".")  # a final dot is of the root, so the domain is the same (RFC 1034)
    validate_email(normalized)
    return normalized


def _encode(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise InvalidValue(
            f"The domain of an e-mail address must be a domain name of at most {MAX_EMAIL_LENGTH} characters.",
            field="email",
        ) from error
