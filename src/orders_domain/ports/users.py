"""The accounts of those who sign in here, outside any unit of work: each method happens at once, or not at all."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from orders_domain.model.user import User


class UserRepository(Protocol):
    """The accounts; users known only from tokens have none. E-mail addresses are as ``normalize_email`` returns them.

    Every method raises StoreUnavailable when the store is away.
    """

    def add(self, user: User) -> None:
        """Keep an account; a user known only from tokens gets it.

        Raises:
            EmailTaken: another account has the e-mail address.
            UserExists: the user has an account.
        """
        ...

    def get(self, user_id: str) -> User:
        """Return the account of a user.

        Raises:
            UserNotFound: the user has none.
        """
        ...

    def by_email(self, email: str) -> User:
        """Return the account with the e-mail address.

        Raises:
            UserNotFound: there is none.
        """
        ...

    def list_page(self, *, after: str = "", limit: int = 100) -> Sequence[User]:
        """Return accounts by their e-mail addresses, from the one behind ``after`` on."""
        ...

    def set_disabled(self, user_id: str, *, at: datetime | None) -> None:
        """Disable the account from the moment on; None enables it.

        Raises:
            UserNotFound: the user has none.
        """
        ...

    def change_password(self, user_id: str, password_hash: str, *, instead_of: str | None = None) -> None:
        """Give the account another hash; where one is named that it is to replace, only if it is the present one.

        Raises:
            UserNotFound: the user has none.
        """
        ...
