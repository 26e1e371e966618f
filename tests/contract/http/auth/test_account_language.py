"""Language of an account: shown and changed by its user, and stated by the tokens that follow."""

from typing import Any

import jwt
import pytest

from tests.contract.http.auth.accounts import Guest, welcome
from tests.contract.http.shop.client import problem
from tests.support.client import Answer, Caller, as_json
from tests.support.service_stack import Stack

pytestmark = pytest.mark.usefixtures("quick_hashing")


def account(guest: Guest, token: str) -> Answer:
    return Caller(app=guest.app, subject=guest.subject, token=token).ask("GET", "/v1/account")


def change(guest: Guest, token: str, body: object) -> Answer:
    return Caller(app=guest.app, subject=guest.subject, token=token).ask("PATCH", "/v1/account", **as_json(body))


def locale(token: str) -> Any:
    return jwt.decode(token, options={"verify_signature": False}).get("locale")


def test_user_changes_the_own_language(ada: Guest) -> None:
    token = ada.token()
    known = {"user_id": ada.subject, "email": ada.email, "role": "customer"}
    assert account(ada, token).json == {**known, "language": None}
    assert locale(token) is None

    changed = change(ada, token, {"language": "de-AT"})

    assert (changed.status_code, changed.json) == (200, {**known, "language": "de-AT"})
    assert account(ada, token).json == changed.json
    refreshed = ada.refreshed(token)
    assert locale(refreshed) == locale(ada.token()) == "de-AT"
    assert change(ada, refreshed, {"language": None}).json == {**known, "language": None}
    assert locale(ada.token()) is None


def test_language_of_another_account_stays(stack: Stack, ada: Guest) -> None:
    other = welcome(stack, language="fr")

    assert change(ada, ada.token(), {"language": "de"}).status_code == 200

    assert account(other, other.token()).json["language"] == "fr"


@pytest.mark.parametrize("body", [{"language": "german!"}, {"language": ""}, {"language": 5}, {}, {"email": "x@y.z"}])
def test_language_must_be_a_tag(ada: Guest, body: dict[str, object]) -> None:
    problem(change(ada, ada.token(), body), 422, "invalid_request")

    assert account(ada, ada.token()).json["language"] is None


def test_user_of_a_provider_has_no_account(stack: Stack) -> None:
    caller = stack.caller()

    problem(caller.ask("GET", "/v1/account"), 404, "user_not_found")
    problem(caller.ask("PATCH", "/v1/account", **as_json({"language": "de"})), 404, "user_not_found")


def test_account_needs_a_token(ada: Guest) -> None:
    problem(account(ada, "no token"), 401, "invalid_token")
    problem(change(ada, "no token", {"language": "de"}), 401, "invalid_token")
