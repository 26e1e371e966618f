"""Account repository port, outside any unit of work: each method is a transaction of its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from orders_domain.model.accounts.user import User


class UserRepository(Protocol):
    """Stored accounts; users created from a token have none. E-mail addresses are those of the normalizer.

    Every method raises StoreUnavailable if the store is unavailable.
    """

    def add(self, user: User) -> None:
        """Store an account, also for a user created from a token.

        Raises:
            EmailTaken: another account has the e-mail address.
            UserExists: the user already has an account.
        """
        ...

    def get(self, user_id: str) -> User:
        """Return the account of a user.

        Raises:
            UserNotFound: the user has no account.
        """
        ...

    def by_email(self, email: str) -> User:
        """Return the account with the e-mail address.

        Raises:
            UserNotFound: no account has the address.
        """
        ...

    def list_page(self, *, after: str = "", limit: int = 100) -> Sequence[User]:
        """Return a page of accounts, ordered by e-mail address, after the address ``after``."""
        ...

    def set_disabled(self, user_id: str, *, at: datetime | None) -> None:
        """Disable the account from the given time on; None enables it.

        Raises:
            UserNotFound: the user has no account.
        """
        ...

    def disable_replaceable(self, user_id: str, *, at: datetime) -> None:
        """Disable the account, unless it is the last enabled one of an administrator; of two at once one remains.

        Accounts of the demonstration do not count.

        Raises:
            LastAdministrator: it is; nothing has changed.
            UserNotFound: the user has no account.
        """
        ...

    def set_language(self, user_id: str, language: str | None) -> None:
        """Set the language of the account's letters; None removes it.

        Raises:
            UserNotFound: the user has no account.
        """
        ...

    def change_password(self, user_id: str, password_hash: str, *, instead_of: str | None = None) -> None:
        """Replace the password hash; with ``instead_of``, only if that is the current hash.

        Raises:
            UserNotFound: the user has no account.
        """
        ...
