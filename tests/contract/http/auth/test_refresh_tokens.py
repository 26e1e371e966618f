"""Refresh tokens beside tokens, and the grace after the expiry of a token."""

import time
from collections.abc import Callable

import jwt
import pytest

from orders_adapters.testing.threads import at_once
from orders_flask import Settings
from tests.contract.http.auth.accounts import PASSWORD, Guest, error, welcome
from tests.support.secrets import JWT_SECRET
from tests.support.service_stack import Stack

pytestmark = [pytest.mark.usefixtures("quick_hashing"), pytest.mark.clause("003-12")]


def session(guest: Guest) -> tuple[str, str]:
    """A token and a refresh token."""
    answer = guest.post("/auth/login", {"email": guest.email, "password": PASSWORD, "refreshToken": True})
    assert answer.status_code == 200, answer.text
    return answer.json["token"], answer.json["refreshToken"]


def test_refresh_token_is_given_on_request_only(ada: Guest) -> None:
    token, renewing = session(ada)

    assert ada.login().json.keys() == {"token"}
    assert jwt.get_unverified_header(renewing)["typ"] == "rt+jwt"
    assert (ada.opens(token), ada.opens(renewing)) == (True, False)
    with pytest.raises(jwt.InvalidSignatureError):  # a service with the same secret does not accept it either
        jwt.decode(renewing, JWT_SECRET, algorithms=["HS256"], options={"verify_aud": False})


def test_refresh_token_is_used_once(ada: Guest) -> None:
    token, renewing = session(ada)

    answers = at_once(*[lambda: ada.refresh(renewing)] * 4)

    statuses = sorted(answer.status_code for answer in answers)  # type: ignore[union-attr]
    assert statuses in ([200, 401, 401, 401], [401] * 4)
    assert not ada.opens(token)
    assert ada.refresh(renewing).status_code == 401


def test_new_pair_replaces_the_old_one(ada: Guest) -> None:
    token, renewing = session(ada)

    answer = ada.refresh(renewing)

    assert answer.json.keys() == {"token", "refreshToken"}
    assert (ada.opens(token), ada.opens(answer.json["token"])) == (False, True)
    assert ada.refresh(answer.json["refreshToken"]).status_code == 200


def test_logout_revokes_the_refresh_token(ada: Guest) -> None:
    token, renewing = session(ada)

    assert ada.logout(token).status_code == 200

    error(ada.refresh(renewing), 401)
    revoked_until = ada.stack.rows("SELECT max(expires_at) FROM revoked_tokens")
    assert str(revoked_until[0][0])[:10] > time.strftime("%Y-%m-%d", time.gmtime(time.time() + 30 * 86_400))


@pytest.mark.parametrize(("grace", "ago", "status"), [(0, 1, 401), (120, 60, 200), (60, 61, 401)])
def test_expired_token_is_refreshed_within_the_grace(
    build: Callable[..., Stack], grace: int, ago: int, status: int
) -> None:
    stack = build(Settings(token_refresh_grace_seconds=grace, log_level="ERROR"))
    guest = welcome(stack)
    claims = jwt.decode(guest.token(), JWT_SECRET, algorithms=["HS256"])
    now = int(time.time())
    expired = jwt.encode(claims | {"iat": now - 3_600, "exp": now - ago}, JWT_SECRET, algorithm="HS256")

    assert not guest.opens(expired)
    assert guest.refresh(expired).status_code == status
    assert guest.refresh(expired).status_code == 401
