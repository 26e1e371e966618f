"""Revocations of tokens by key, and the numbers of tokens without a time or a generation."""

from datetime import datetime

from orders_domain.model.auth_token import ALWAYS, Revocation


def until(at: datetime) -> Revocation:
    """The revocation of all tokens, stored until the given time."""
    return Revocation(ALWAYS, at)


def numbers(*keys: str) -> dict[str, int]:
    return dict.fromkeys(keys, 0)
