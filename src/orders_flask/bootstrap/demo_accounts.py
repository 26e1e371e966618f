"""Accounts of the demonstration, and the warning of a production database that has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import structlog

from orders_domain.errors import StoreUnavailable, UserNotFound
from orders_domain.model.accounts.actor import Role
from orders_domain.model.accounts.user import User
from orders_domain.ports.accounts.users import UserRepository
from orders_flask.bootstrap.auth import issue_dev_token
from orders_flask.settings import Settings

DEMO_ACCOUNTS: Mapping[str, Role] = {"ann": Role.CUSTOMER, "admin": Role.ADMIN}
"""The role of each account, by its user id."""

log = structlog.get_logger(__name__)


def demo_accounts_warning(settings: Settings, users: UserRepository) -> str | None:
    """Return a sentence about the demonstration's accounts of a production database, or None.

    Raises:
        StoreUnavailable: the store is unavailable.
    """
    if settings.allows_demo:
        return None
    found = [user.email for user in _accounts(users) if user.demo]
    if not found:
        return None
    return f"The accounts of the demonstration cannot sign in, because ORDERS_ENV=production: {', '.join(found)}."


def demo_tokens(settings: Settings) -> Mapping[str, str]:
    """Return a token of each account, by user id, valid for an hour."""
    return {
        user_id: issue_dev_token(settings, subject=user_id, role=role, scopes=(), seconds=3600, demo=True)
        for user_id, role in DEMO_ACCOUNTS.items()
    }


def log_demo_accounts(settings: Settings, users: UserRepository) -> None:
    """Log the warning, if there is one; the log of an unavailable store has other warnings."""
    try:
        warning = demo_accounts_warning(settings, users)
    except StoreUnavailable:
        return
    if warning:
        log.warning("demo_accounts.rejected", advice=warning)


def _accounts(users: UserRepository) -> Iterable[User]:
    for user_id in DEMO_ACCOUNTS:
        try:
            yield users.get(user_id)
        except UserNotFound:
            continue
