"""Names of a token's claims for subject, role, scopes and contact, and how their values are read and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orders_domain.errors import InvalidToken
from orders_domain.model.accounts.actor import Role
from orders_domain.model.accounts.contact import Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimNames:
    """Claims of an identity provider that has its own names; "" is the standard claim, which is read strictly.

    A name is that of a claim, or a path with dots through nested objects: ``user.id``. Values of named claims may be
    spelt in further ways: the subject may be a whole number, which is its digits; role and scopes may be a string of
    words or a list of strings. A role or scope that is null is absent.
    """

    subject: str = ""
    role: str = ""
    scope: str = ""
    email: str = "email"
    phone: str = "phone_number"
    locale: str = "locale"

    def subject_of(self, claims: Mapping[str, Any]) -> Any:
        """Return the subject.

        Raises:
            InvalidToken: the claim is missing, or is neither a string nor a whole number.
        """
        if not self.subject:
            return claims["sub"]
        value = _find(claims, self.subject)
        if type(value) is int and value >= 0:
            return str(value)
        if not isinstance(value, str):
            raise InvalidToken(f"{self.subject} must be a string or a whole number.")
        return value

    def role_of(self, claims: Mapping[str, Any]) -> Role:
        """Return ADMIN if the claim has the role ``admin``, otherwise CUSTOMER.

        Raises:
            InvalidToken: the claim is neither a string nor a list of strings.
        """
        if self.role:
            return Role.ADMIN if Role.ADMIN.value in _words(claims, self.role) else Role.CUSTOMER
        role = claims.get("role")
        if role is not None and not isinstance(role, str):
            raise InvalidToken("role must be a string.")
        return Role.ADMIN if role == Role.ADMIN.value else Role.CUSTOMER

    def scopes_of(self, claims: Mapping[str, Any]) -> frozenset[str]:
        """Return the scopes.

        Raises:
            InvalidToken: the claim is neither a string nor a list of strings.
        """
        if self.scope:
            return _words(claims, self.scope)
        scope = claims.get("scope")
        if scope is None:
            return frozenset()
        if isinstance(scope, str):
            return frozenset(scope.split())
        if isinstance(scope, list) and all(isinstance(item, str) for item in scope):
            return frozenset(scope)
        raise InvalidToken("scope must be a string or a list of strings.")

    def contact_of(self, claims: Mapping[str, Any]) -> Contact:
        """Return the user's contact. A claim that is not an address counts as absent, and so does an unverified one.

        ``email_verified`` and ``phone_number_verified`` are of OpenID Connect: a user may state any address until its
        owner has confirmed it.
        """
        email = None if claims.get("email_verified") is False else _find(claims, self.email)
        phone = None if claims.get("phone_number_verified") is False else _find(claims, self.phone)
        return Contact.of(email=email, phone=phone, language=_find(claims, self.locale))

    def dump(self, *, subject: str, role: Role, scopes: Sequence[str], language: str | None = None) -> dict[str, Any]:
        """Return the claims of a token of this service: the standard ones, and those with other names."""
        claims: dict[str, Any] = {"sub": subject, "role": role.value, "scope": " ".join(scopes)}
        for name, value in ((self.subject, subject), (self.role, role.value), (self.scope, claims["scope"])):
            if name:
                _put(claims, name.split("."), value)
        if language:
            _put(claims, self.locale.split("."), language)
        return claims


def _find(claims: Mapping[str, Any], name: str) -> Any:
    """Return the value of the claim, or None. A claim of the whole name goes before a path."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def _words(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    value = _find(claims, name)
    if value is None:
        return frozenset()
    if isinstance(value, str):
        return frozenset(value.split())
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return frozenset(value)
    raise InvalidToken(f"{name} must be a string or a list of strings.")


def _put(claims: dict[str, Any], path: Sequence[str], value: str) -> None:
    for part in path[:-1]:
        claims = claims.setdefault(part, {})
    claims[path[-1]] = value
