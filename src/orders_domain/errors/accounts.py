"""Errors about tokens, rights and accounts."""

from __future__ import annotations

from orders_domain.errors.base import Kind, OrdersError


class InvalidToken(OrdersError):
    """The token cannot be verified. The message is for the log; the response says only that the token is invalid."""

    kind = Kind.UNAUTHENTICATED
    code = "invalid_token"


class InvalidCredentials(OrdersError):
    """Unknown e-mail address, wrong password or disabled account; the message does not say which (clause 003-09)."""

    kind = Kind.UNAUTHENTICATED
    code = "invalid_credentials"

    def __init__(self) -> None:
        super().__init__("Invalid credentials")


class DemoAccountRefused(InvalidCredentials):
    """The account is one of the demonstration, which production does not sign in; the response does not say so."""

    code = "demo_account"


class SignInDisabled(OrdersError):
    """Sign-in is disabled because an external identity provider issues the tokens."""

    kind = Kind.NOT_FOUND
    code = "sign_in_disabled"

    def __init__(self) -> None:
        super().__init__("Sign-in is disabled. Request a token from the identity provider.")


class TooManyAttempts(OrdersError):
    """The rate limit is exceeded."""

    kind = Kind.RATE_LIMITED
    code = "too_many_attempts"

    def __init__(self, *, retry_after: int) -> None:
        super().__init__("Too many attempts; please try again later.")
        self.retry_after = retry_after  # seconds


class TooManyRequests(OrdersError):
    """The subject or the address has exceeded the general limit of requests."""

    kind = Kind.RATE_LIMITED
    code = "too_many_requests"

    def __init__(self, *, retry_after: int) -> None:
        super().__init__("Too many requests; please try again later.")
        self.retry_after = retry_after  # seconds


class AccessDenied(OrdersError):
    """The actor is authenticated but not permitted to perform the action."""

    kind = Kind.FORBIDDEN
    code = "access_denied"


class UserNotFound(OrdersError):
    """The user does not exist, or has no account."""

    kind = Kind.NOT_FOUND
    code = "user_not_found"

    def __init__(self, user: str) -> None:
        super().__init__(f"There is no account {user!r}.")
        self.user = user


class UserExists(OrdersError):
    """The user already has an account."""

    kind = Kind.CONFLICT
    code = "user_exists"

    def __init__(self, user_id: str) -> None:
        super().__init__(f"The user {user_id!r} already has an account.")
        self.user_id = user_id


class EmailTaken(OrdersError):
    """Another account has this e-mail address."""

    kind = Kind.CONFLICT
    code = "email_taken"

    def __init__(self, email: str) -> None:
        super().__init__(f"Another account has the e-mail address {email!r}.")
        self.email = email


class LastAdministrator(OrdersError):
    """The account is the only one of an administrator who can sign in."""

    kind = Kind.CONFLICT
    code = "last_administrator"

    def __init__(self) -> None:
        super().__init__("The account is that of the last administrator; another one must be created first.")
