"""Session of an operator: a token in a cookie, the proof that a form is of this session, and a notice for one page.

The token is the secret of the proof and of the notice, so that every process of the service accepts them, and none
after the sign-out. Before the sign-in a random visit has the place of the token.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Response, g, request
from itsdangerous import BadSignature, Signer, URLSafeSerializer

from orders_domain.errors import InvalidToken
from orders_flask.web import authentication
from orders_flask.web.admission.body_limits import SESSION_COOKIE
from orders_flask.web.context import use_cases

_VISIT, _NOTICE, VIEWS = "console_visit", "console_notice", "console_views"
_MAX_NOTICE = 600  # characters; a cookie has 4,096 bytes
FORM_FIELD = "form_token"
_FORM = b"form"


@dataclass(frozen=True, slots=True)
class Notice:
    """The result of the last action; ``kind`` is success or failure."""

    kind: str
    text: str


def identify() -> None:
    """Set the actor of this request by the session.

    Raises:
        InvalidToken: there is no session, or it has ended.
        StoreUnavailable: the store of revoked tokens cannot be read.
    """
    if not (token := request.cookies.get(SESSION_COOKIE, "")):
        raise InvalidToken("The request has no session.")
    authentication.identify(token)


def begin(token: str) -> None:
    """Let the response begin a session with the token.

    Raises:
        InvalidToken: the token is not valid.
    """
    expires_at = use_cases().authenticate(token).expires_at
    seconds = int((expires_at - datetime.now(UTC)).total_seconds())
    _write(SESSION_COOKIE, token, seconds)
    _write(_VISIT, "", 0)


def end() -> None:
    """Let the response end the session."""
    for name in (SESSION_COOKIE, _NOTICE):
        _write(name, "", 0)


def form_token() -> str:
    """Return the proof that a form of this page is one of this session."""
    return _signer().sign(_FORM).decode()


def is_own_form() -> bool:
    """Return whether the form of this request has the proof."""
    try:
        return _signer().unsign(request.form.get(FORM_FIELD, "")) == _FORM
    except BadSignature:
        return False


def announce(text: str, *, kind: str = "success") -> None:
    """Let the next page of the session show the text."""
    _write(_NOTICE, _notices().dumps([kind, text[:_MAX_NOTICE]]), 60)


def notice() -> Notice | None:
    """Return what the last action announced, and let the response forget it."""
    if not (text := request.cookies.get(_NOTICE)):
        return None
    _write(_NOTICE, "", 0)
    try:
        kind, said = _notices().loads(text)
    except (BadSignature, ValueError, TypeError):
        return None
    return Notice(str(kind), str(said))


def remember_views(text: str) -> None:
    """Let the browser store the saved views for a year."""
    _write(VIEWS, text, 365 * 24 * 3600)


def remember(response: Response) -> Response:
    """Add the cookies that this request has set to the response."""
    for name, (value, seconds) in g.get("console_cookies", {}).items():
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path=f"{request.root_path}/console",
            secure=request.is_secure,
            httponly=True,
            samesite="Strict",
        )
    return response


def _write(name: str, value: str, seconds: int) -> None:
    g.setdefault("console_cookies", {})[name] = (value, seconds)


def _secret() -> str:
    """Return the token of the session; before the sign-in the random visit, which a new one begins."""
    if token := request.cookies.get(SESSION_COOKIE):
        return token
    if visit := request.cookies.get(_VISIT) or g.get("console_visit"):
        return str(visit)
    g.console_visit = secrets.token_urlsafe(24)
    _write(_VISIT, g.console_visit, 24 * 3600)
    return str(g.console_visit)


def _signer() -> Signer:
    return Signer(_secret(), salt="orders.console.form", key_derivation="hmac", digest_method=hashlib.sha256)


def _notices() -> URLSafeSerializer:
    return URLSafeSerializer(_secret(), salt="orders.console.notice")
